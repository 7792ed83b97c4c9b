// SPDX-License-Identifier: GPL-2.0-only
//
// The functions of libnftnl every expression passes. libnftables and libnftnl call them through the
// PLT and find these ones.
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/rmirror.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstring>

#include "attributes.hpp"
#include "dumped_rule.hpp"
#include "export.hpp"
#include "probe.hpp"
#include "real.hpp"
#include "run.hpp"

namespace rmirror::plugin {

namespace {

#ifdef RMIRROR_TEST_BIG_ENDIAN
const bool is_set = begins_with_upper_bits = true;
#endif

// The message ends with an expression; without it, it had size bytes. If the expression is a
// carrier, the message ends with what the carrier stands for.
void replace_carrier(Run &run, nlmsghdr *message, std::uint32_t size) {
    const auto *begin = reinterpret_cast<const std::uint8_t *>(message);
    const Bytes expression{begin + size, message->nlmsg_len - size};
    if (!is_object_reference(expression))
        return;
    const Meaning *meaning = run.meaning_of(object_name(expression));
    if (!meaning)
        return;
    if (!meaning->statement)
        run.violation = "a rule from the kernel that this version cannot read cannot be sent back";
    std::vector<std::uint8_t> bytes;
    if (meaning->statement)
        bytes = encode(*meaning->statement);
    message->nlmsg_len = size;
    mnl_attr_put_strz(message, NFTA_EXPR_NAME, RMIRROR_NFT_EXPR);
    nlattr *data = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
    auto *end = static_cast<std::uint8_t *>(mnl_nlmsg_get_payload_tail(message));
    std::memcpy(end, bytes.data(), bytes.size());
    message->nlmsg_len += static_cast<std::uint32_t>(NLA_ALIGN(bytes.size()));
    mnl_attr_nest_end(message, data);
}

// A map gives an address, a mark (of which there are two sizes, 4 and 16 bytes), or the first and
// the last of several.
void note_map(Run &run, const nlmsghdr &message) {
    const Bytes attributes = attributes_of(message);
    const Bytes size = find_attribute(attributes, NFTA_SET_DATA_LEN).payload;
    std::uint32_t bytes = 0;
    if (size.size() != sizeof bytes)
        return;
    std::memcpy(&bytes, size.data(), sizeof bytes);
    const std::string name =
        name_in_table(message, find_attribute(attributes, NFTA_SET_TABLE).string(),
                      find_attribute(attributes, NFTA_SET_NAME).string());
    if (bytes == htonl(2 * sizeof(in_addr)) || bytes == htonl(2 * sizeof(in6_addr)))
        run.context.range_maps.insert(name);
    else
        run.context.range_maps.erase(name);
}

}  // namespace

}  // namespace rmirror::plugin

using namespace rmirror::plugin;

RMIRROR_EXPORT void nftnl_expr_build_payload(nlmsghdr *nlh, nftnl_expr *expr) {
    if (thread_current.probing) {
        thread_current.answered = true;
        return;
    }
    Run *run = payload_hook_works ? thread_current.run : nullptr;
    const std::uint32_t size = nlh->nlmsg_len;
    real().expr_build_payload(nlh, expr);
    if (!run || !run->sends_statements())
        return;
    try {
        replace_carrier(*run, nlh, size);
    } catch (...) {
        // No memory: the carrier is in the message, and the guard stops it.
    }
}

RMIRROR_EXPORT void nftnl_rule_add_expr(nftnl_rule *r, nftnl_expr *expr) {
    Run *run = payload_hook_works && !thread_current.parsing ? thread_current.run : nullptr;
    if (!run || !run->sends_expressions()) {
        real().rule_add_expr(r, expr);
        return;
    }
    try {
        run->assignments.add(*run, r, expr);
    } catch (...) {
        run->violation = "no memory";  // so short that it needs none
    }
}

RMIRROR_EXPORT void nftnl_rule_nlmsg_build_payload(nlmsghdr *nlh, nftnl_rule *r) {
    if (Run *run = current_run()) {
        try {
            run->assignments.end_rule(*run, *nlh);
        } catch (...) {
            run->violation = "no memory";
        }
    }
    real().rule_nlmsg_build_payload(nlh, r);
}

RMIRROR_EXPORT int nftnl_rule_nlmsg_parse(const nlmsghdr *nlh, nftnl_rule *r) {
    if (Run *run = current_run()) {
        try {
            if (auto translated = translate_rule(*nlh, run->context.registry)) {
                thread_current.parsing = true;
                int result = real().rule_nlmsg_parse(
                    reinterpret_cast<const nlmsghdr *>(translated->data()), r);
                thread_current.parsing = false;
                return result;
            }
        } catch (...) {
            errno = ENOMEM;
            return -1;
        }
    }
    return real().rule_nlmsg_parse(nlh, r);
}

RMIRROR_EXPORT void nftnl_set_nlmsg_build_payload(nlmsghdr *nlh, nftnl_set *s) {
    real().set_nlmsg_build_payload(nlh, s);
    Run *run = current_run();
    if (!run)
        return;
    try {
        note_map(*run, *nlh);
    } catch (...) {
        run->violation = "no memory";
    }
}

RMIRROR_EXPORT int nftnl_set_nlmsg_parse(const nlmsghdr *nlh, nftnl_set *s) {
    if (Run *run = current_run()) {
        try {
            note_map(*run, *nlh);
        } catch (...) {
            errno = ENOMEM;
            return -1;
        }
    }
    return real().set_nlmsg_parse(nlh, s);
}
