// SPDX-License-Identifier: GPL-2.0-only
//
// The real library is a dependency of this one by its absolute path, so it is loaded already. Its
// handle is asked, and not RTLD_NEXT, because its own dependencies are what it would have called
// without us, whatever else the process has loaded.
#include "real.hpp"

#include <dlfcn.h>

#include <cstdlib>

namespace rmirror::plugin {

namespace {

[[noreturn]] void missing(const char *what) {
    std::fprintf(stderr, "rmirror: %s: cannot stand in front of %s\n", what, RMIRROR_LIBNFTABLES);
    std::abort();
}

void *open_real() {
    void *handle = dlopen(RMIRROR_LIBNFTABLES, RTLD_LAZY | RTLD_NOLOAD);
    if (!handle)
        missing(dlerror());
    return handle;
}

template <typename Function>
void find_optional(void *handle, Function *&function, const char *name) {
    function = reinterpret_cast<Function *>(dlsym(handle, name));
}

template <typename Function>
void find(void *handle, Function *&function, const char *name) {
    find_optional(handle, function, name);
    if (!function)
        missing(name);
}

Real look_up() {
    void *handle = open_real();
    Real r{};

    find(handle, r.run_cmd_from_buffer, "nft_run_cmd_from_buffer");
    find(handle, r.run_cmd_from_filename, "nft_run_cmd_from_filename");
    find(handle, r.ctx_free, "nft_ctx_free");
    find(handle, r.add_include_path, "nft_ctx_add_include_path");
    find(handle, r.clear_include_paths, "nft_ctx_clear_include_paths");
    find(handle, r.set_output, "nft_ctx_set_output");
    find(handle, r.set_error, "nft_ctx_set_error");
    find(handle, r.output_get_flags, "nft_ctx_output_get_flags");
    find(handle, r.output_get_debug, "nft_ctx_output_get_debug");
    find_optional(handle, r.get_optimize, "nft_ctx_get_optimize");
    find_optional(handle, r.input_get_flags, "nft_ctx_input_get_flags");
    find(handle, r.expr_build_payload, "nftnl_expr_build_payload");
    find(handle, r.rule_nlmsg_parse, "nftnl_rule_nlmsg_parse");
    find(handle, r.batch_iovec, "nftnl_batch_iovec");
    // Of sendmsg there may be more than one layer: the next one after us is ours to call.
    find(RTLD_NEXT, r.sendmsg, "sendmsg");
    return r;
}

}  // namespace

const Real &real() {
    static const Real functions = look_up();
    return functions;
}

}  // namespace rmirror::plugin
