// SPDX-License-Identifier: GPL-2.0-only
//
// The functions of libnftables this library stands in front of: they do what the real ones do, on a
// text of which stock nft understands every word.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <new>
#include <system_error>

#include "command.hpp"
#include "context.hpp"
#include "export.hpp"
#include "real.hpp"
#include "run.hpp"
#include "scan.hpp"
#include "source.hpp"

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

// A function of the real library that may be missing in a version we do not know.
template <typename... Parameters>
int call(int (*function)(Parameters...), Parameters... arguments) {
    if (function)
        return function(arguments...);
    errno = ENOSYS;
    return -1;
}

// With a libnftables that the plugin does not fit: true, with a message, if there is a statement.
// Of files that are included, and of pipes, stock nft says what it thinks of the word.
bool refuses_statements(std::string_view text) {
    const Scan found = scan(text);
    bool statement =
        text.find("\"rmirror\"") != text.npos ||
        std::any_of(found.items.begin(), found.items.end(), [](const Item &item) {
            return item.kind == Item::Kind::statement || item.kind == Item::Kind::misplaced;
        });
    if (statement)
        std::fprintf(stderr,
                     "Error: rmirror: " RMIRROR_LIBNFTABLES
                     " %s: this version of the plugin does not fit it, statements with rmirror are "
                     "refused; see rmirror-nft-plugin(8)\n",
                     real().misfit.c_str());
    return statement;
}

bool is_seekable(const char *filename) {
    std::error_code ignored;
    return std::filesystem::is_regular_file(filename, ignored);
}

}  // namespace

RMIRROR_EXPORT int nft_run_cmd_from_buffer(nft_ctx *nft, const char *buf) {
    return guarded([&] {
        if (real().misfit.empty())
            return Command(nft).run_buffer(buf);
        return refuses_statements(buf) ? -1 : call(real().run_cmd_from_buffer, nft, buf);
    });
}

RMIRROR_EXPORT int nft_run_cmd_from_filename(nft_ctx *nft, const char *filename) {
    return guarded([&] {
        if (real().misfit.empty())
            return Command(nft, filename).run_file();
        std::optional<std::string> text =
            is_seekable(filename) ? read_text(filename) : std::nullopt;
        if (text && refuses_statements(*text))
            return -1;
        return call(real().run_cmd_from_filename, nft, filename);
    });
}

RMIRROR_EXPORT void nft_ctx_free(nft_ctx *ctx) {
    forget_context(ctx);  // first: another thread may get a new one at the same address
    thread_current.freed = ctx;
    if (real().ctx_free)
        real().ctx_free(ctx);
    thread_current.freed = nullptr;
}

RMIRROR_EXPORT int nft_ctx_add_include_path(nft_ctx *ctx, const char *path) {
    return guarded([&] {
        if (int result = call(real().add_include_path, ctx, path))
            return result;
        context_of(ctx).added_include_paths.emplace_back(path);
        return 0;
    });
}

// `name=value`, checked by the real function
RMIRROR_EXPORT int nft_ctx_add_var(nft_ctx *ctx, const char *var) {
    return guarded([&] {
        const std::string text(var);  // the real function cuts it in two
        if (int result = call(real().add_var, ctx, var))
            return result;
        std::size_t equals = std::min(text.find('='), text.size());
        context_of(ctx).command_line_variables.emplace_back(
            text.substr(0, equals), text.substr(std::min(equals + 1, text.size())));
        return 0;
    });
}

RMIRROR_EXPORT void nft_ctx_clear_vars(nft_ctx *ctx) {
    if (real().clear_vars)
        real().clear_vars(ctx);
    if (ctx == thread_current.freed)
        return;
    guarded([&] {
        context_of(ctx).command_line_variables.clear();
        return 0;
    });
}

RMIRROR_EXPORT void nft_ctx_clear_include_paths(nft_ctx *ctx) {
    if (real().clear_include_paths)
        real().clear_include_paths(ctx);
    if (ctx == thread_current.freed)
        return;
    guarded([&] {
        context_of(ctx).added_include_paths.clear();
        context_of(ctx).copied_directories.clear();
        context_of(ctx).has_default_include_path = false;
        return 0;
    });
}
