// SPDX-License-Identifier: GPL-2.0-only
//
// Makes up rules with `rmirror` over raw netlink, as an ordinary user in namespaces of his own
// (fuzz.py), while packets pass. Every answer must be one that the kernel documents; what is
// accepted is shown as something that is accepted again, and shown the same; packets go on.
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/rmirror.h>
#include <linux/netlink.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <exception>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "storm/nfnetlink.hpp"
#include "storm/statement.hpp"
#include "storm/traffic.hpp"

namespace rmirror::storm {
namespace {

// rmirror.h has the first five, nf_tables the others: no such chain, rule or expression.
constexpr std::array<int, 6> documented = {EINVAL,       ERANGE,     EADDRNOTAVAIL,
                                           EAFNOSUPPORT, EOPNOTSUPP, ENOENT};
// Rules that stand at a time, and how often packets are counted
constexpr std::size_t standing_max = 40;
constexpr std::uint64_t check_every = 2000;

const std::vector<Chain> chains = [] {
    std::vector<Chain> all;
    for (const std::uint8_t family : {NFPROTO_IPV4, NFPROTO_IPV6, NFPROTO_INET, NFPROTO_BRIDGE})
        for (const char *hook : {"prerouting", "input", "forward", "output", "postrouting"})
            all.push_back({family, hook});
    all.push_back({NFPROTO_INET, "ingress"});
    for (const char *hook : {"input", "output"})
        all.push_back({NFPROTO_ARP, hook});
    for (const char *hook : {"ingress", "egress"})
        all.push_back({NFPROTO_NETDEV, hook});
    // What no hook leads to, and what a mirror must not be in
    for (const std::uint8_t family : {NFPROTO_IPV4, NFPROTO_INET, NFPROTO_NETDEV})
        all.push_back({family, "plain"});
    return all;
}();

std::string hex(const Attributes &attributes) {
    std::string text;
    for (const std::uint8_t byte : bytes_of(attributes)) {
        std::array<char, 3> two{};
        std::snprintf(two.data(), two.size(), "%02x", byte);
        text += two.data();
    }
    return text;
}

// Without the counters, which go on
Attributes comparable(const Attributes &expressions) {
    Attributes all;
    for (const Attribute &element : expressions) {
        Attributes parts = parse(element.value);
        const Attribute *name = find(parts, NFTA_EXPR_NAME);
        if (name != nullptr && name->value == text(0, RMIRROR_NFT_EXPR).value) {
            Attributes data = parse(find(parts, NFTA_EXPR_DATA)->value);
            for (Attribute &attribute : data)
                if ((attribute.type & NLA_TYPE_MASK) == NFTA_RMIRROR_EXT) {
                    Attributes newer = parse(attribute.value);
                    std::erase_if(newer, [](const Attribute &one) {
                        return (one.type & NLA_TYPE_MASK) == NFTA_RMIRROR_EXT_COUNTERS;
                    });
                    attribute.value = bytes_of(newer);
                }
            parts = {*name, nested(NFTA_EXPR_DATA, data)};
        }
        all.push_back(nested(NFTA_LIST_ELEM, parts));
    }
    return all;
}

class Fuzz {
public:
    explicit Fuzz(std::uint64_t seed) : random_(seed) {}

    void run(std::uint64_t rules) {
        for (made_ = 0; made_ < rules; made_++) {
            one();
            if (made_ % check_every == 0 || made_ + 1 == rules)
                check();
        }
        flush();
        check();
    }

    void report() const {
        std::printf("%llu rules, %llu accepted and shown the same again, %llu replaced another",
                    static_cast<unsigned long long>(made_),
                    static_cast<unsigned long long>(accepted_),
                    static_cast<unsigned long long>(replaced_));
        for (const auto &[error, times] : errors_)
            std::printf(", %s %llu", strerrorname_np(error),
                        static_cast<unsigned long long>(times));
        std::printf("; %llu packets sent meanwhile, %llu counted\n",
                    static_cast<unsigned long long>(traffic_.sent()),
                    static_cast<unsigned long long>(checks_ * 50));
    }

private:
    [[noreturn]] void fail(const std::string &what, const Attributes &rule) const {
        throw std::runtime_error("rule " + std::to_string(made_) + ": " + what + "\n" + hex(rule));
    }

    void expect_documented(int error, const Attributes &rule) const {
        for (const int known : documented)
            if (error == known)
                return;
        fail(std::string("answer ") + std::strerror(error), rule);
    }

    void one() {
        const Chain &chain = chains[below(random_, chains.size())];
        const Attributes rule = statements_.make(random_);
        std::optional<std::uint64_t> old;
        std::vector<std::uint64_t> &there = standing_[&chain];
        if (!there.empty() && once_in(random_, 4))
            old = there.back();
        const Answer answer = netlink_.add_rule(chain, rule, old);
        if (answer.error != 0) {
            expect_documented(answer.error, rule);
            errors_[answer.error]++;
            return;
        }
        accepted_++;
        if (old) {
            replaced_++;
            there.pop_back();
            standing_count_--;
        }
        stand(there, answer.handle);
        again(chain, rule, answer);
        if (standing_count_ > standing_max)
            flush();
    }

    void stand(std::vector<std::uint64_t> &there, std::uint64_t handle) {
        there.push_back(handle);
        standing_count_++;
    }

    // What is shown is accepted, and shown the same.
    void again(const Chain &chain, const Attributes &rule, const Answer &first) {
        if (first.handle == 0)
            fail("accepted, but not shown", rule);
        const Answer second = netlink_.add_rule(chain, first.expressions);
        if (second.error != 0)
            fail(std::string("what is shown is refused: ") + std::strerror(second.error),
                 first.expressions);
        if (bytes_of(comparable(first.expressions)) != bytes_of(comparable(second.expressions)))
            fail("shown first as " + hex(first.expressions) + ", then as", second.expressions);
        if (const int error = netlink_.delete_rules(chain, second.handle); error != 0)
            fail(std::string("it does not go: ") + std::strerror(error), rule);
    }

    void flush() {
        for (const auto &[chain, there] : standing_)
            if (const int error = netlink_.delete_rules(*chain); error != 0)
                fail(chain->name + " is not flushed: " + std::strerror(error), {});
        standing_.clear();
        standing_count_ = 0;
    }

    void check() {
        std::size_t shown = 0;
        for (const std::uint8_t family : {NFPROTO_IPV4, NFPROTO_IPV6, NFPROTO_INET, NFPROTO_BRIDGE,
                                          NFPROTO_ARP, NFPROTO_NETDEV})
            shown += netlink_.dump(family);
        if (shown != standing_count_)
            fail(std::to_string(shown) + " rules are dumped of " + std::to_string(standing_count_),
                 {});
        if (const std::string wrong = traffic_.check_forwarding(); !wrong.empty())
            fail(wrong, {});
        checks_++;
    }

    Random random_;
    Traffic traffic_;
    Statements statements_;
    Nfnetlink netlink_;
    std::map<const Chain *, std::vector<std::uint64_t>> standing_;
    std::size_t standing_count_ = 0;
    std::uint64_t made_ = 0, accepted_ = 0, replaced_ = 0, checks_ = 0;
    std::map<int, std::uint64_t> errors_;
};

std::uint64_t count(const char *word) {
    std::uint64_t value = 0;
    const char *end = word + std::strlen(word);
    if (const auto read = std::from_chars(word, end, value);
        read.ec != std::errc() || read.ptr != end)
        throw std::runtime_error(std::string("no number: ") + word);
    return value;
}

}  // namespace
}  // namespace rmirror::storm

int main(int argc, char **argv) {
    try {
        if (argc != 3) {
            std::fputs("Usage: rmirror_storm_rules SEED RULES\n", stderr);
            return 2;
        }
        rmirror::storm::Fuzz fuzz(rmirror::storm::count(argv[1]));
        fuzz.run(rmirror::storm::count(argv[2]));
        fuzz.report();
    } catch (const std::exception &fault) {
        std::printf("%s\n", fault.what());
        return 1;
    }
    return 0;
}
