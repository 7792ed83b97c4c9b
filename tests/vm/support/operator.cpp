// SPDX-License-Identifier: GPL-2.0-only
#include "vm/support/operator.hpp"

#include <unistd.h>

#include "support/packet_builder.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/mirror.hpp"

namespace rmirror::vm {

CommandResult OperatorTest::rmirror(std::vector<std::string> words) const {
    words.insert(words.begin(), rmirror_program());
    return net_.router.exec(words);
}

void OperatorTest::send(std::size_t size) const {
    net_.send_datagram(size);
}

void OperatorTest::send_counted(std::size_t size) const {
    const auto before = only_counters(net_.router)["matched"];
    send(size);
    for (int i = 0; i < 500 && only_counters(net_.router)["matched"] == before; i++)
        usleep(10'000);
    settled_counters(net_.router);
}

std::string OperatorTest::finding(const std::string &text,
                                  const std::vector<std::string> &words) const {
    const CommandResult result = rmirror(words);
    const std::size_t at = result.out.find(text);
    if (at == std::string::npos) {
        ADD_FAILURE() << "no finding has '" << text << "':\n" << result.out << result.err;
        return {};
    }
    const std::size_t begin = result.out.rfind('\n', at) + 1;
    const std::string line = result.out.substr(begin, result.out.find('\n', at) - begin);
    EXPECT_TRUE(result.status == 1 || !line.starts_with("wrong")) << result.out << result.err;
    return line;
}

std::string OperatorTest::remedy_of(const std::string &line) {
    const std::string mark = "; type: ";
    const std::size_t at = line.rfind(mark);
    if (at == std::string::npos) {
        ADD_FAILURE() << "nothing is to be typed: " << line;
        return "false";
    }
    return line.substr(at + mark.size());
}

void OperatorTest::type_remedy(const std::string &text, const std::string &word,
                               const std::string &value) const {
    std::string command = remedy_of(finding(text));
    if (const auto at = command.find(word); !word.empty() && at != std::string::npos)
        command.replace(at, word.size(), value);
    const CommandResult typed = net_.router.exec({"sh", "-c", command});
    ASSERT_EQ(typed.status, 0) << command << ": " << typed.err;
    const CommandResult result = rmirror({"doctor"});
    EXPECT_EQ(result.out.find(text), std::string::npos) << command << "\n" << result.out;
}

void OperatorTest::expect_no_finding(const std::string &text) const {
    const CommandResult result = rmirror({"doctor"});
    EXPECT_EQ(result.out.find(text), std::string::npos) << result.out << result.err;
}

}  // namespace rmirror::vm
