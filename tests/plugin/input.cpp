// SPDX-License-Identifier: GPL-2.0-only
//
// How a text arrives: from standard input and pipes, on machines and in processes that lack what is
// usual, on one line however long.
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
    // A shell command where /proc is empty
    static Outcome without_proc(const std::string &command, const How &how = {}) {
        return run({"unshare", "--mount", "bash", "-c", "mount -t tmpfs none /proc && " + command},
                   how);
    }
    // nft, which may have so many open files; three are, and it opens one
    static Outcome with_files(int count, const How &how) {
        return run(
            {"bash", "-c",
             "exec 3>&- 4>&- 5>&- 6>&-; ulimit -n " + std::to_string(count) + "; exec nft -f -"},
            how);
    }
    static std::string rules_of(const std::string &rules) {
        return "table inet filter {\n\tchain input {\n" + rules + "\t}\n}\n";
    }
    Directory directory_;
};

const std::string add = "add rule inet filter input ";

TEST_F(PluginInput, StandardInputWithoutProc) {
    EXPECT_EQ(without_proc("nft -f -", {.input = add + "counter\n"}).err, "");
    EXPECT_EQ(without_proc("nft -f /dev/stdin", {.input = add + "rmirror to 10.0.0.1\n"}).err, "");
    EXPECT_EQ(without_proc("nft -D to=10.0.0.2 -f -", {.input = add + "rmirror to $to\n"}).err, "");
    EXPECT_EQ(ruleset(), rules_of("\t\tcounter packets 0 bytes 0\n\t\trmirror to 10.0.0.1\n"
                                  "\t\trmirror to 10.0.0.2\n"));
    How wrong{.input = add + "accept\n" + add + "rmirror to 10.0.0.5 drop accept foo\n"};
    EXPECT_EQ(without_expectations(without_proc("nft -f -", wrong).err),
              "/dev/stdin:2:63-63: Error: syntax error, unexpected newline\n" + add +
                  "rmirror to 10.0.0.5 drop accept foo\n" + std::string(62, ' ') + "^\n");
}

TEST_F(PluginInput, PipesAndFilesWithoutProc) {
    std::string file = directory_.file("rules.nft", add + "rmirror to 10.0.0.1\n");
    std::string pipe = directory_.path("pipe");
    std::string through_pipe = "mkfifo " + pipe + " && { echo '" + add + "rmirror to 10.0.0.2' >" +
                               pipe + " & nft -f " + pipe + "; }";
    EXPECT_EQ(without_proc("nft -f " + file).err, "");
    EXPECT_EQ(without_proc(through_pipe).err, "");
    std::string json = directory_.file(
        "rules.json",
        R"({"nftables": [{"add": {"rule": {"family": "inet", "table": "filter", "chain": "input",)"
        R"( "expr": [{"rmirror": {"to": "10.0.0.3"}}]}}}]})");
    EXPECT_EQ(without_proc("nft -j -f - <" + json).err, "");
    EXPECT_EQ(without_proc("nft -j -f " + json).err, "");
    EXPECT_EQ(ruleset(), rules_of("\t\trmirror to 10.0.0.1\n\t\trmirror to 10.0.0.2\n"
                                  "\t\trmirror to 10.0.0.3\n\t\trmirror to 10.0.0.3\n"));
}

// nft goes on to read what was standard input before.
TEST_F(PluginInput, StandardInputIsBackAfterwards) {
    std::string pipe = directory_.path("pipe");
    std::string commands = "mkfifo " + pipe + " && { echo '" + add + "rmirror to ::1' >" + pipe +
                           " & python3 -c \"\nimport ctypes, sys\n"
                           "nft = ctypes.CDLL('libnftables.so.1')\n"
                           "nft.nft_ctx_new.restype = ctypes.c_void_p\n"
                           "context = ctypes.c_void_p(nft.nft_ctx_new(0))\n"
                           "print(nft.nft_run_cmd_from_filename(context, b'" +
                           pipe + "'), sys.stdin.read())\"; }";
    EXPECT_EQ(without_proc(commands, {.input = "still here"}).out, "0 still here\n");
    EXPECT_EQ(ruleset(), rules_of("\t\trmirror to ::1\n"));
}

TEST_F(PluginInput, TheTrueReason) {
    How rule{.input = add + "rmirror to ::1\n"};
    EXPECT_EQ(with_files(4, rule).err,
              "Error: rmirror: what was read from /dev/stdin cannot be handed to nft: "
              "memfd_create: Too many open files; nothing was applied\n");
    EXPECT_EQ(with_files(5, rule).err,
              "Error: rmirror: what was read from /dev/stdin cannot be handed to nft: standard "
              "input: Too many open files; nothing was applied\n");
    std::string include =
        "include \"" + directory_.file("included.nft", add + "rmirror to ::1\n") + "\"";
    Outcome outcome = without_proc("nft -f -", {.input = include + '\n'});
    EXPECT_NE(outcome.err.find("Error: rmirror: what was read from this file cannot be handed to "
                               "nft: /proc/self/fd/"),
              std::string::npos);
    EXPECT_NE(outcome.err.find(": No such file or directory\n" + include + "\n^^^"),
              std::string::npos)
        << outcome.err;
    EXPECT_EQ(ruleset(), rules_of(""));
}

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
