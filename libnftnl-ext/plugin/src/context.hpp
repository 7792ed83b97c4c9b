// SPDX-License-Identifier: GPL-2.0-only
//
// What this library remembers about each nft_ctx between two commands.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "registry.hpp"
#include "variables.hpp"

struct nft_ctx;

namespace rmirror::plugin {

// Used by the thread that runs a command in the nft_ctx, like the nft_ctx itself.
struct Context {
    Registry registry;
    std::vector<std::string> added_include_paths;
    bool has_default_include_path = true;
    std::set<std::string> copied_directories;  // of files that nft read as copies: it searches them
    // Of `nft -D`, for files only: name and value
    std::vector<std::pair<std::string, std::string>> command_line_variables;
    // What commands before this one defined, up to the next file, with which libnftables forgets it
    Variables variables;
    // Maps, as name_in_table() names them, that give ranges (`interval`). Of those that nft has
    // sent or read, as it remembers them, too.
    std::set<std::string> range_maps;
};

// Created at the first call for ctx; the reference is good until forget_context().
Context &context_of(nft_ctx *ctx);
void forget_context(nft_ctx *ctx) noexcept;

// Where nft searches included files, when it reads filename; empty: a command line.
std::vector<std::string> include_paths(const Context &context, const std::string &filename);

}  // namespace rmirror::plugin
