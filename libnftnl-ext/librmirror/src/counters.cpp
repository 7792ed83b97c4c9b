// SPDX-License-Identifier: GPL-2.0-only
//
// What the rmirror statements of a rule in a netlink message have counted.
#include "message.hpp"
#include "objects.hpp"

using namespace rmirror;

namespace {

bool is_counter(std::uint16_t counter) {
    return counter > NFTA_RMIRROR_COUNTER_UNSPEC && counter <= NFTA_RMIRROR_COUNTER_MAX;
}

}  // namespace

int rmirror_rule_nlmsg_get_counter(const nlmsghdr *nlh, unsigned int n, std::uint16_t counter,
                                   std::uint64_t *value, rmirror_err *err) {
    return c::guarded(-1, err, [=] {
        if (!c::is_rule(nlh)) {
            c::fail(err, {c::no_rule, {}});
            return -1;
        }
        if (!is_counter(counter)) {
            c::fail(err, {"there is no counter " + std::to_string(counter), {}});
            return -1;
        }
        std::uint32_t place = 0;
        const nlattr *element = c::find_rmirror(nlh, n, place);
        if (element == nullptr) {
            c::fail(err, ENOENT, c::no_statement(n));
            return -1;
        }
        const auto counters = decode_counters(c::data_of(element));
        if (!counters) {
            c::fail(err, ENODATA, "the message has no counters");
            return -1;
        }
        *value = counters->at(counter - 1U);
        return 0;
    });
}

const char *rmirror_counter_name(std::uint16_t counter) {
    // Literals: they end with a NUL.
    return is_counter(counter) ? counter_names()[counter - 1U].data() : nullptr;
}
