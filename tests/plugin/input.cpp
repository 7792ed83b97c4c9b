// SPDX-License-Identifier: GPL-2.0-only
//
// How a text arrives: on one line, however long.
#include <sys/resource.h>

#include "nft.hpp"

namespace rmirror::test {

namespace {

class PluginInput : public NftTest {
protected:
    void SetUp() override {
        NftTest::SetUp();
        if (!IsSkipped())
            add_chain();
    }
    Directory directory_;
};

class PluginLongLine : public PluginInput {
protected:
    // A block of rules, one a line or all on one
    std::string block(const std::string &glue, const std::string &last) const {
        std::string text = "table inet filter { chain input {" + glue;
        for (int i = 0; i < 20000; i++)
            text += rule_ + glue;
        return text + last + ";}\n}\n";
    }
    // User time of nft in seconds
    double cost(const std::string &text, const How &how = {}) const {
        std::string file = directory_.file("rules.nft", text);
        const double before = used();
        Outcome outcome = run({"nft", "-c", "-f", file}, how);
        EXPECT_EQ(outcome.status, how.kernel_double ? 0 : 1) << outcome.err;
        return used() - before;
    }
    void expect_alike(const std::string &last, const How &how = {}) const {
        EXPECT_LT(cost(block("; ", last), how), 2.5 * cost(block("\n", last), how));
    }
    std::string rule_ = "rmirror to 10.0.0.5";

private:
    static double used() {
        rusage usage{};
        getrusage(RUSAGE_CHILDREN, &usage);
        return static_cast<double>(usage.ru_utime.tv_sec) +
               static_cast<double>(usage.ru_utime.tv_usec) / 1e6;
    }
};

TEST_F(PluginLongLine, CostsNoMoreThanManyLines) {
    expect_alike("accept");
    rule_ = "iifname \"rmirror to ::1\" accept";
    expect_alike("accept");
    rule_ = "tcp dport 22 accept";
    expect_alike("rmirror to 10.0.0.5");
}

// One error in the last of many statements on the line: what is shown are its surroundings.
TEST_F(PluginLongLine, Errors) {
    const std::string text = block("; ", "rmirror to 10.0.0.5 len 13");
    const std::string shown =
        "... to 10.0.0.5; rmirror to 10.0.0.5; rmirror to 10.0.0.5 len 13;}\n";
    std::string column = std::to_string(text.find("13;}") + 1);
    std::string file = directory_.file("rules.nft", text);
    EXPECT_EQ(nft_file(file).err, file + ":1:" + column + '-' +
                                      std::to_string(text.find("13;}") + 2) +
                                      ": Error: invalid len '13', expected 14..65535\n" + shown +
                                      std::string(shown.find("13;}"), ' ') + "^^\n");
}

TEST_F(PluginLongLine, ErrorsOfTheKernel) {
    std::string text = "table inet filter { chain input {";
    for (int i = 0; i < 2000; i++)
        text += "; rmirror to 10.0.0.5";
    std::string file = directory_.file("rules.nft", text + ";}\n}\n");
    Outcome outcome = nft_file(file, without_module());
    EXPECT_LT(outcome.err.size(), 2000U * 1500);
    const std::string last = "rmirror to 10.0.0.5;}\n";
    const std::string lines = "... to 10.0.0.5; rmirror to 10.0.0.5; rmirror to 10.0.0.5; " + last;
    EXPECT_TRUE(outcome.err.ends_with('\n' + lines + std::string(lines.find(last), ' ') +
                                      "^^^^^^^^^^^^^^^^^^^\n"))
        << outcome.err.substr(outcome.err.size() - 300);
}

}  // namespace

}  // namespace rmirror::test
