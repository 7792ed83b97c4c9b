// SPDX-License-Identifier: GPL-2.0-only
//
// The functions of libnftables this library stands in front of: they do what the real ones do, on a
// text of which stock nft understands every word.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>

#include "command.hpp"
#include "context.hpp"
#include "export.hpp"
#include "real.hpp"

using namespace rmirror::plugin;

namespace {

// No exception leaves this library.
template <typename Work>
int guarded(Work work) noexcept {
    try {
        return work();
    } catch (const std::bad_alloc &) {
        errno = ENOMEM;
    } catch (const std::exception &error) {
        std::fprintf(stderr, "Error: rmirror: %s\n", error.what());
        errno = EINVAL;
    }
    return -1;
}

}  // namespace

RMIRROR_EXPORT int nft_run_cmd_from_buffer(nft_ctx *nft, const char *buf) {
    return guarded([&] { return Command(nft).run_buffer(buf); });
}

RMIRROR_EXPORT int nft_run_cmd_from_filename(nft_ctx *nft, const char *filename) {
    return guarded([&] { return Command(nft, filename).run_file(); });
}

RMIRROR_EXPORT void nft_ctx_free(nft_ctx *ctx) {
    forget_context(ctx);  // first: another thread may get a new one at the same address
    real().ctx_free(ctx);
}

RMIRROR_EXPORT int nft_ctx_add_include_path(nft_ctx *ctx, const char *path) {
    int result = real().add_include_path(ctx, path);
    if (result != 0)
        return result;
    return guarded([&] {
        context_of(ctx).added_include_paths.emplace_back(path);
        return 0;
    });
}

RMIRROR_EXPORT void nft_ctx_clear_include_paths(nft_ctx *ctx) {
    real().clear_include_paths(ctx);
    guarded([&] {
        context_of(ctx).added_include_paths.clear();
        context_of(ctx).has_default_include_path = false;
        return 0;
    });
}
