// SPDX-License-Identifier: GPL-2.0-only
//
// One call of nft_run_cmd_from_buffer() or nft_run_cmd_from_filename(): what the user gave, and
// what the real function gets in its place.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rewrite.hpp"
#include "run.hpp"

namespace rmirror::plugin {

struct JsonInput;

class Command {
public:
    explicit Command(nft_ctx *ctx, std::string filename = {});
    ~Command() { context_.registry.release(); }
    Command(const Command &) = delete;

    // What the real function returns, or -1 after an error of ours.
    int run_buffer(const char *text);
    int run_file();

private:
    int execute(int (Command::*call)());
    int call_buffer();
    int call_file();
    // The copy of a text, in place of the file it was read from
    int call_copy(const std::string &text);
    int call_by_name(const std::string &path);

    // Decide what nft gets instead of text; keep: text cannot be read a second time.
    void prepare(const std::string &text, bool keep);
    void use_json(const std::string &text, JsonInput json);
    std::string shown_name() const;
    void check_hooks();

    bool prints_json() const;
    bool may_be_json() const;
    bool shows_input() const;

    nft_ctx *ctx_;
    std::string filename_;  // empty: a command line
    Context &context_;
    Run run_;
    std::vector<std::string> include_paths_;
    Variables variables_;
    Rewriter rewriter_;

    std::string text_;
    bool is_rewritten_ = false;  // rewriter_ has read the text
    bool is_copied_ = false;     // nft gets a copy of the file
    std::string refusal_;        // to be shown instead of running anything
};

}  // namespace rmirror::plugin
