// SPDX-License-Identifier: GPL-2.0-only
#include "filter.hpp"

#include <netinet/in.h>

#include <algorithm>

namespace rmirror::collector {

namespace {

constexpr std::uint32_t whole_packet = 0xffffffff;

constexpr sock_filter statement(unsigned code, std::uint32_t k) {
    return {static_cast<std::uint16_t>(code), 0, 0, k};
}

constexpr sock_filter load8(std::uint32_t at) {
    return statement(BPF_LD | BPF_B | BPF_ABS, at);
}

constexpr sock_filter load16(std::uint32_t at) {
    return statement(BPF_LD | BPF_H | BPF_ABS, at);
}

// Tests come before the two last instructions, `take it` and `leave it`; where each one is, is
// known when all are there.
class Tests {
public:
    explicit Tests(Filter start) : filter_(std::move(start)) {}

    Tests &load(sock_filter instruction) {
        filter_.push_back(instruction);
        return *this;
    }
    Tests &take_if_equal(std::uint32_t k) { return jump(BPF_JEQ, k, take, next); }
    Tests &leave_unless_equal(std::uint32_t k) { return jump(BPF_JEQ, k, next, leave); }
    Tests &take_if_any_bit(std::uint32_t k) { return jump(BPF_JSET, k, take, next); }

    Filter end() {
        filter_.push_back(statement(BPF_JMP | BPF_JA, 1));
        const std::size_t takes = filter_.size();
        filter_.push_back(statement(BPF_RET | BPF_K, whole_packet));
        filter_.push_back(statement(BPF_RET | BPF_K, 0));
        for (std::size_t i = 0; i < takes; i++) {
            sock_filter &one = filter_[i];
            if (BPF_CLASS(one.code) != BPF_JMP || BPF_OP(one.code) == BPF_JA)
                continue;
            one.jt = distance(one.jt, i, takes);
            one.jf = distance(one.jf, i, takes);
        }
        return std::move(filter_);
    }

private:
    static constexpr std::uint8_t next = 0;
    static constexpr std::uint8_t take = 1;
    static constexpr std::uint8_t leave = 2;

    Tests &jump(unsigned operation, std::uint32_t k, std::uint8_t yes, std::uint8_t no) {
        filter_.push_back({static_cast<std::uint16_t>(BPF_JMP | operation | BPF_K), yes, no, k});
        return *this;
    }
    static std::uint8_t distance(std::uint8_t where, std::size_t from, std::size_t takes) {
        if (where == next)
            return 0;
        return static_cast<std::uint8_t>(takes - from - 1 + (where == leave ? 1 : 0));
    }

    Filter filter_;
};

void add_ports(Tests &tests, const Ports &ports) {
    for (const std::uint16_t port : ports)
        if (port != 0)
            tests.take_if_equal(port);
}

}  // namespace

Filter ipv4_filter(const Ports &ports) {
    Tests tests({});
    tests.load(load8(9)).take_if_equal(IPPROTO_GRE).leave_unless_equal(IPPROTO_UDP);
    // A fragment: more follow, or it has an offset
    tests.load(load16(6)).take_if_any_bit(0x3fff);
    tests.load(statement(BPF_LDX | BPF_B | BPF_MSH, 0));
    tests.load(statement(BPF_LD | BPF_H | BPF_IND, 2));
    add_ports(tests, ports);
    return tests.end();
}

// Packets with extension headers are few: all of them go to read_outer().
Filter ipv6_filter(const Ports &ports) {
    Tests tests({});
    tests.load(load8(6));
    constexpr std::uint32_t headers[] = {IPPROTO_GRE, IPPROTO_FRAGMENT, IPPROTO_HOPOPTS,
                                         IPPROTO_DSTOPTS, IPPROTO_ROUTING};
    for (const std::uint32_t header : headers)
        tests.take_if_equal(header);
    tests.leave_unless_equal(IPPROTO_UDP);
    tests.load(load16(42));
    add_ports(tests, ports);
    return tests.end();
}

Filter every_packet() {
    return {statement(BPF_RET | BPF_K, whole_packet)};
}

Filter no_packet() {
    return {statement(BPF_RET | BPF_K, 0)};
}

}  // namespace rmirror::collector
