// SPDX-License-Identifier: GPL-2.0-only
//
// What this library remembers about each nft_ctx between two commands.
#pragma once

#include <string>
#include <vector>

#include "registry.hpp"

struct nft_ctx;

namespace rmirror::plugin {

// Used by the thread that runs a command in the nft_ctx, like the nft_ctx itself.
struct Context {
    Registry registry;
    std::vector<std::string> added_include_paths;
    bool has_default_include_path = true;
};

// Created at the first call for ctx; the reference is good until forget_context().
Context &context_of(nft_ctx *ctx);
void forget_context(nft_ctx *ctx) noexcept;

// Where nft searches included files, when it reads filename; empty: a command line.
std::vector<std::string> include_paths(const Context &context, const std::string &filename);

}  // namespace rmirror::plugin
