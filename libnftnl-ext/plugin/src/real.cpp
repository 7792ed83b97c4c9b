// SPDX-License-Identifier: GPL-2.0-only
//
// The real library is a dependency of this one by its absolute path. Its
// handle is asked, and not RTLD_NEXT, because its own dependencies are what it would have called
// without us, whatever else the process has loaded.
#include "real.hpp"

#include <dlfcn.h>

#include <set>

#include "imports.hpp"

namespace rmirror::plugin {

namespace {

template <typename Function>
bool find(void *handle, Function *&function, const char *name) {
    function = reinterpret_cast<Function *>(dlsym(handle, name));
    return function != nullptr;
}

// Through these libnftables hands each rule to libnftnl and each batch to the kernel. One that does
// without them would neither convert a statement nor be stopped by the guard.
constexpr const char *needed_imports[] = {"nftnl_rule_add_expr", "nftnl_rule_nlmsg_build_payload",
                                          "nftnl_rule_nlmsg_parse", "nftnl_batch_iovec", "sendmsg"};

// Empty: none is missing.
std::string missing_import(void *handle) {
    const std::set<std::string> imports = imports_of(handle);
    for (const char *name : needed_imports)
        if (!imports.contains(name))
            return std::string("does not call ") + name;
    return {};
}

std::string find_misfit(void *handle, const char *missing_function) noexcept {
    try {
        std::string misfit = missing_import(handle);
        if (misfit.empty() && missing_function)
            misfit = std::string("has no ") + missing_function;
        return misfit;
    } catch (...) {
        return "is not readable";  // no memory, and so short that it needs none
    }
}

Real look_up() noexcept {
    // It is a dependency of this library, so it is loaded already.
    void *handle = dlopen(RMIRROR_LIBNFTABLES, RTLD_LAZY | RTLD_NOLOAD);
    Real r{};
    const char *missing = nullptr;
    auto need = [&](auto &function, const char *name) {
        if (!find(handle, function, name) && !find(RTLD_NEXT, function, name) && !missing)
            missing = name;
    };
    need(r.run_cmd_from_buffer, "nft_run_cmd_from_buffer");
    need(r.run_cmd_from_filename, "nft_run_cmd_from_filename");
    need(r.ctx_free, "nft_ctx_free");
    need(r.add_include_path, "nft_ctx_add_include_path");
    need(r.clear_include_paths, "nft_ctx_clear_include_paths");
    need(r.set_output, "nft_ctx_set_output");
    need(r.set_error, "nft_ctx_set_error");
    need(r.output_get_flags, "nft_ctx_output_get_flags");
    need(r.output_get_debug, "nft_ctx_output_get_debug");
    need(r.rule_add_expr, "nftnl_rule_add_expr");
    need(r.rule_nlmsg_build_payload, "nftnl_rule_nlmsg_build_payload");
    need(r.expr_build_payload, "nftnl_expr_build_payload");
    need(r.rule_nlmsg_parse, "nftnl_rule_nlmsg_parse");
    need(r.set_nlmsg_build_payload, "nftnl_set_nlmsg_build_payload");
    need(r.set_nlmsg_parse, "nftnl_set_nlmsg_parse");
    need(r.batch_iovec, "nftnl_batch_iovec");
    find(handle, r.add_var, "nft_ctx_add_var");
    find(handle, r.clear_vars, "nft_ctx_clear_vars");
    find(handle, r.get_optimize, "nft_ctx_get_optimize");
    find(handle, r.input_get_flags, "nft_ctx_input_get_flags");
    r.misfit = find_misfit(handle, missing);
    return r;
}

}  // namespace

const Real &real() noexcept {
    static const Real functions = look_up();
    return functions;
}

}  // namespace rmirror::plugin
