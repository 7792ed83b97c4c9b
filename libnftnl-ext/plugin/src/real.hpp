// SPDX-License-Identifier: GPL-2.0-only
//
// The functions this library stands in front of.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

struct iovec;
struct nlmsghdr;
struct nft_ctx;
struct nftnl_batch;
struct nftnl_expr;
struct nftnl_rule;
struct nftnl_set;

namespace rmirror::plugin {

struct Real {
    // Why this libnftables is none that the plugin understands: then statements are refused, some
    // of the functions may be null, and everything else goes straight to the real library. Empty:
    // it is.
    std::string misfit;

    int (*run_cmd_from_buffer)(nft_ctx *, const char *);
    int (*run_cmd_from_filename)(nft_ctx *, const char *);
    void (*ctx_free)(nft_ctx *);
    int (*add_include_path)(nft_ctx *, const char *);
    void (*clear_include_paths)(nft_ctx *);
    int (*add_var)(nft_ctx *, const char *);  // null before 0.9.9
    void (*clear_vars)(nft_ctx *);            // null before 0.9.9
    FILE *(*set_output)(nft_ctx *, FILE *);
    FILE *(*set_error)(nft_ctx *, FILE *);
    unsigned int (*output_get_flags)(nft_ctx *);
    unsigned int (*output_get_debug)(nft_ctx *);
    std::uint32_t (*get_optimize)(nft_ctx *);    // null before 1.0.2
    unsigned int (*input_get_flags)(nft_ctx *);  // null before 1.0.9

    void (*rule_add_expr)(nftnl_rule *, nftnl_expr *);
    void (*rule_nlmsg_build_payload)(nlmsghdr *, nftnl_rule *);
    void (*expr_build_payload)(nlmsghdr *, nftnl_expr *);
    int (*rule_nlmsg_parse)(const nlmsghdr *, nftnl_rule *);
    void (*set_nlmsg_build_payload)(nlmsghdr *, nftnl_set *);
    int (*set_nlmsg_parse)(const nlmsghdr *, nftnl_set *);
    void (*batch_iovec)(nftnl_batch *, iovec *, std::uint32_t);
};

// Looked up at the first call.
const Real &real() noexcept;

}  // namespace rmirror::plugin
