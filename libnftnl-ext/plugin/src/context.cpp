// SPDX-License-Identifier: GPL-2.0-only
//
// The table of contexts is the only state that threads share.
#include "context.hpp"

#include <memory>
#include <mutex>
#include <unordered_map>

#include "real.hpp"

namespace rmirror::plugin {

namespace {

constexpr const char *default_include_path = "/etc";

// Threads may use different contexts at the same time. Never destroyed: a context may be freed
// after the destructors of this library have run.
struct Contexts {
    std::mutex mutex;
    std::unordered_map<nft_ctx *, std::unique_ptr<Context>> all;
};

Contexts &contexts() {
    static Contexts *const contexts = new Contexts;
    return *contexts;
}

}  // namespace

Context &context_of(nft_ctx *ctx) {
    std::lock_guard lock(contexts().mutex);
    std::unique_ptr<Context> &context = contexts().all[ctx];
    if (!context)
        context = std::make_unique<Context>();
    return *context;
}

void forget_context(nft_ctx *ctx) noexcept {
    std::lock_guard lock(contexts().mutex);
    contexts().all.erase(ctx);
}

std::vector<std::string> include_paths(const Context &context, const std::string &filename) {
    std::vector<std::string> paths = context.added_include_paths;
    // nft 1.1 also searches beside the file, and the default path last; nft_ctx_input_get_flags is
    // a little older than that.
    if (real().input_get_flags) {
        if (std::size_t slash = filename.rfind('/'); slash != filename.npos)
            paths.push_back(filename.substr(0, slash));
        else if (!filename.empty() && filename != "-")
            paths.push_back(".");
        paths.push_back(default_include_path);
    } else if (context.has_default_include_path) {
        paths.insert(paths.begin(), default_include_path);
    }
    return paths;
}

}  // namespace rmirror::plugin
