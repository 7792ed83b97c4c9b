// SPDX-License-Identifier: GPL-2.0-only
#include "vm/support/mirror.hpp"

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "support/paths.hpp"
#include "vm/support/time_scale.hpp"

namespace rmirror::vm {

namespace {

// Every nft that a test runs is the distribution's own, with the plugin in front of its library.
class PluginEnvironment : public ::testing::Environment {
public:
    void SetUp() override { setenv("LD_LIBRARY_PATH", RMIRROR_BINARY_DIR "/plugin", 1); }
    // The kernel complains of a device that somebody still holds after ten seconds.
    void TearDown() override { std::this_thread::sleep_for(std::chrono::seconds(11)); }
};

const auto *const plugin_environment =
    ::testing::AddGlobalTestEnvironment(new PluginEnvironment);  // gtest owns it

// Columns that are no number
const std::set<std::string> words_of_the_rule = {"family",    "table", "chain",
                                                 "collector", "encap", "key"};
// Columns that are no outcome of a packet
const std::set<std::string> not_outcomes = {"matched", "bytes", "refused"};

// Copies wait for their neighbour for three.
void within_ten_seconds(const std::function<bool()> &holds) {
    const auto deadline = std::chrono::steady_clock::now() + scaled(std::chrono::seconds(10));
    while (!holds() && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

std::vector<std::string> words(const std::string &line) {
    std::istringstream stream(line);
    std::vector<std::string> all;
    for (std::string word; stream >> word;)
        all.push_back(word);
    return all;
}

std::optional<std::vector<Counters>> read_counters_if_any(const NetNs &netns) {
    return netns.run([]() -> std::optional<std::vector<Counters>> {
        std::ifstream file("/proc/thread-self/net/rmirror");
        std::string headings;
        if (!std::getline(file, headings))
            return std::nullopt;
        std::vector<Counters> all;
        for (std::string line; std::getline(file, line);)
            all.emplace_back(headings, line);
        return all;
    });
}

}  // namespace

Hook hook(const std::string &words) {
    const std::size_t blank = words.find(' ');
    return {words.substr(0, blank), words.substr(blank + 1)};
}

std::string ruleset(const Hook &hook, const std::string &rule, const std::string &device) {
    const std::string on =
        hook.family == "netdev" || hook.name == "ingress" ? " device \"" + device + "\"" : "";
    return "table " + hook.family + " mirror {\n\tchain " + hook.name +
           " {\n\t\ttype filter hook " + hook.name + on + " priority 0; policy accept;\n\t\t" +
           rule + "\n\t}\n}\n";
}

Counters::Counters(const std::string &headings, const std::string &line)
    : line_(headings + '\n' + line) {
    const std::vector<std::string> names = words(headings);
    const std::vector<std::string> values = words(line);
    if (names.size() != values.size())
        throw std::runtime_error("columns and headings differ in number:\n" + line_);
    for (std::size_t i = 0; i < names.size(); i++)
        columns_[names[i]] = values[i];
}

const std::string &Counters::text(const std::string &column) const {
    return columns_.at(column);
}

std::uint64_t Counters::operator[](const std::string &column) const {
    return std::stoull(columns_.at(column));
}

::testing::AssertionResult Counters::add_up() const {
    std::uint64_t sum = 0;
    for (const auto &[column, value] : columns_)
        if (!words_of_the_rule.contains(column) && !not_outcomes.contains(column))
            sum += std::stoull(value);
    if (sum == (*this)["matched"])
        return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << "matched is not the sum of the outcomes:\n" << line_;
}

::testing::AssertionResult Counters::are(
    const std::map<std::string, std::uint64_t> &expected) const {
    for (const auto &[column, value] : expected)
        if (value != 0 && !columns_.contains(column))
            return ::testing::AssertionFailure() << "there is no column " << column << ":\n"
                                                 << line_;
    for (const auto &[column, value] : columns_) {
        if (words_of_the_rule.contains(column) || column == "bytes" || column == "refused")
            continue;
        const auto wanted = expected.find(column);
        if (std::stoull(value) != (wanted == expected.end() ? 0 : wanted->second))
            return ::testing::AssertionFailure() << column << " is " << value << ":\n" << line_;
    }
    return add_up();
}

std::vector<Counters> read_counters(const NetNs &netns) {
    std::optional<std::vector<Counters>> all = read_counters_if_any(netns);
    if (!all)
        throw std::runtime_error("/proc/net/rmirror cannot be read");
    return std::move(*all);
}

::testing::AssertionResult all_add_up(const NetNs &netns) {
    ::testing::AssertionResult verdict = ::testing::AssertionSuccess();
    within_ten_seconds([&] {
        verdict = ::testing::AssertionSuccess();
        const auto all = read_counters_if_any(netns).value_or(std::vector<Counters>{});
        for (const Counters &counters : all)
            if (::testing::AssertionResult one = counters.add_up(); !one)
                verdict = one;
        return static_cast<bool>(verdict);
    });
    return verdict;
}

Counters only_counters(const NetNs &netns) {
    const std::vector<Counters> all = read_counters(netns);
    if (all.size() != 1)
        throw std::runtime_error("there are " + std::to_string(all.size()) + " mirrors, not one");
    return all[0];
}

Counters settled_counters(const NetNs &netns) {
    within_ten_seconds([&netns] { return static_cast<bool>(only_counters(netns).add_up()); });
    return only_counters(netns);
}

}  // namespace rmirror::vm
