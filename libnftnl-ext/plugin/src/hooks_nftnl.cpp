// SPDX-License-Identifier: GPL-2.0-only
//
// The two functions of libnftnl every expression passes. libnftables and libnftnl call them through
// the PLT and find these ones.
#include <libmnl/libmnl.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/rmirror.h>

#include <cerrno>
#include <cstring>

#include "dumped_rule.hpp"
#include "export.hpp"
#include "probe.hpp"
#include "real.hpp"
#include "run.hpp"

namespace rmirror::plugin {

namespace {

// The name of the quota that the expression refers to; null: it is something else.
const char *quota_name(const nftnl_expr *expression) {
    const char *kind = nftnl_expr_get_str(expression, NFTNL_EXPR_NAME);
    if (!kind || std::strcmp(kind, "objref") != 0 ||
        !nftnl_expr_is_set(expression, NFTNL_EXPR_OBJREF_IMM_NAME) ||
        nftnl_expr_get_u32(expression, NFTNL_EXPR_OBJREF_IMM_TYPE) != NFT_OBJECT_QUOTA)
        return nullptr;
    return nftnl_expr_get_str(expression, NFTNL_EXPR_OBJREF_IMM_NAME);
}

// True: the message holds the expression as it is to be sent.
bool put_rmirror(Run &run, nlmsghdr *message, const nftnl_expr *expression) {
    const char *name = quota_name(expression);
    const Meaning *meaning = name ? run.meaning_of(name) : nullptr;
    if (!meaning)
        return false;
    if (!meaning->statement)
        run.violation = "a rule from the kernel that this version cannot read cannot be sent back";
    std::vector<std::uint8_t> bytes;
    if (meaning->statement)
        bytes = encode(*meaning->statement);
    mnl_attr_put_strz(message, NFTA_EXPR_NAME, RMIRROR_NFT_EXPR);
    nlattr *data = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
    auto *end = static_cast<std::uint8_t *>(mnl_nlmsg_get_payload_tail(message));
    std::memcpy(end, bytes.data(), bytes.size());
    message->nlmsg_len += static_cast<std::uint32_t>(NLA_ALIGN(bytes.size()));
    mnl_attr_nest_end(message, data);
    return true;
}

}  // namespace

}  // namespace rmirror::plugin

using namespace rmirror::plugin;

RMIRROR_EXPORT void nftnl_expr_build_payload(nlmsghdr *nlh, nftnl_expr *expr) {
    if (answer_probe())
        return;
    Run *run = current_run();
    try {
        if (payload_hook_works && run && run->sends_statements() && put_rmirror(*run, nlh, expr))
            return;
    } catch (...) {
        // No memory: the carrier is in the message, and the guard stops it.
    }
    real().expr_build_payload(nlh, expr);
}

RMIRROR_EXPORT int nftnl_rule_nlmsg_parse(const nlmsghdr *nlh, nftnl_rule *r) {
    if (Run *run = current_run()) {
        try {
            if (auto translated = translate_rule(*nlh, run->context.registry))
                return real().rule_nlmsg_parse(
                    reinterpret_cast<const nlmsghdr *>(translated->data()), r);
        } catch (...) {
            errno = ENOMEM;
            return -1;
        }
    }
    return real().rule_nlmsg_parse(nlh, r);
}
