// SPDX-License-Identifier: GPL-2.0-only
//
// Decides what nft gets instead of the text of the user: the text itself wherever possible.
#include "command.hpp"

#include <filesystem>
#include <system_error>

#include "errors.hpp"
#include "filtered.hpp"
#include "json_input.hpp"
#include "output.hpp"
#include "probe.hpp"
#include "real.hpp"

namespace rmirror::plugin {

namespace {

// <nftables/libnftables.h>, which is not needed for more than this
constexpr unsigned int output_json_flag = 1 << 4;  // NFT_CTX_OUTPUT_JSON
constexpr unsigned int input_json_flag = 1 << 1;   // NFT_CTX_INPUT_JSON, since 1.0.9

bool is_stdin(const std::string &filename) {
    return filename == "-" || filename == "/dev/stdin";
}

std::string directory_of(const std::string &filename) {
    std::size_t slash = filename.rfind('/');
    return slash == filename.npos ? "." : filename.substr(0, slash + 1);
}

}  // namespace

Command::Command(nft_ctx *ctx, std::string filename)
    : ctx_(ctx),
      filename_(std::move(filename)),
      context_(context_of(ctx)),
      run_(context_),
      include_paths_(include_paths(context_, filename_)),
      variables_(context_.variables),
      rewriter_(run_.carriers, include_paths_, variables_) {}

int Command::run_buffer(const char *text) {
    text_ = text;
    prepare(text_, false);
    int result = execute(&Command::call_buffer);
    // What nft has read it remembers, also when the command failed.
    if (refusal_.empty())
        context_.variables = std::move(variables_);
    return result;
}

int Command::run_file() {
    for (const auto &[name, value] : context_.command_line_variables)
        variables_.define(name, value);
    if (std::optional<std::string> text = read_text(filename_)) {
        text_ = std::move(*text);
        std::error_code ignored;
        prepare(text_,
                is_stdin(filename_) || !std::filesystem::is_regular_file(filename_, ignored));
    }
    int result = execute(&Command::call_file);
    if (refusal_.empty())
        context_.variables = {};
    return result;
}

int Command::execute(int (Command::*call)()) {
    OutputFilter output(context_.registry, run_.carriers, shows_input(), prints_json());
    ErrorFilter error(is_rewritten_ ? &rewriter_ : nullptr, run_.carriers, run_.json_statements,
                      run_.violation);
    Filtered filtered(ctx_, output, error);
    if (!refusal_.empty()) {
        filtered.error().put(refusal_);
        return -1;
    }
    int result;
    {
        CurrentRun current(run_);
        result = (this->*call)();
    }
    if (run_.violation.empty())
        return result;
    filtered.error().put("Error: rmirror: " + run_.violation + "; nothing was applied\n");
    return -1;
}

void Command::prepare(const std::string &text, bool keep) {
    is_copied_ = keep;
    bool concerns = concerns_plugin(text);
    if (concerns && may_be_json()) {
        if (std::optional<JsonInput> json = rewrite_json(text, context_.registry)) {
            use_json(text, std::move(*json));
            return;
        }
    }
    if (!keep && !concerns)
        return;
    is_rewritten_ = true;
    if (std::optional<Refusal> refusal = rewriter_.read(shown_name(), text))
        refusal_ = report(*refusal);
    else
        check_hooks();
    is_copied_ = is_copied_ || rewriter_.main().changed();
}

void Command::use_json(const std::string &text, JsonInput json) {
    if (json.error)
        refusal_ = report_json(*json.error);
    if (json.error || json.statements == 0)
        return;
    rewriter_.hold(shown_name(), text, std::move(json.text));
    is_rewritten_ = true;
    run_.json_statements = true;
    run_.json_expressions = json.has_expressions;
    is_copied_ = true;
    check_hooks();
}

std::string Command::shown_name() const {
    return is_stdin(filename_) ? "/dev/stdin" : filename_;
}

void Command::check_hooks() {
    if (refusal_.empty() && run_.sends_statements() && !hooks_reached())
        refusal_ =
            "Error: rmirror: this program has libnftnl in front of the plugin, which so cannot "
            "convert the statement\n";
}

bool Command::prints_json() const {
    return real().output_get_flags(ctx_) & output_json_flag;
}

bool Command::may_be_json() const {
    return prints_json() ||
           (real().input_get_flags && (real().input_get_flags(ctx_) & input_json_flag));
}

bool Command::shows_input() const {
    return real().output_get_debug(ctx_) || (real().get_optimize && real().get_optimize(ctx_));
}

int Command::call_buffer() {
    const std::string &text = is_rewritten_ ? rewriter_.main().rewritten : text_;
    return real().run_cmd_from_buffer(ctx_, text.c_str());
}

int Command::call_file() {
    if (!is_copied_) {
        if (is_rewritten_)
            rewriter_.set_main_path(filename_);
        return real().run_cmd_from_filename(ctx_, filename_.c_str());
    }
    return call_copy(is_rewritten_ ? rewriter_.main().rewritten : text_);
}

int Command::call_copy(const std::string &text) {
    TextFile copy(text);
    if (copy.ok())
        return call_by_name(copy.path());
    if (run_.json_statements)  // JSON names no file in its errors
        return real().run_cmd_from_buffer(ctx_, text.c_str());
    // Without /proc the copy has no name. Standard input needs none, but where nft expects JSON.
    std::string error = copy.error();
    if (copy.is_complete() && (is_stdin(filename_) || !may_be_json())) {
        StandardInput input(copy);
        if (input.error().empty())
            return call_by_name("/dev/stdin");
        error = input.error();
    }
    run_.violation = "what was read from " + shown_name() + " cannot be handed to nft: " + error;
    return -1;
}

int Command::call_by_name(const std::string &path) {
    // nft 1.1 searches included files beside the file it was told to read.
    if (real().input_get_flags && !is_stdin(filename_))
        if (std::string directory = directory_of(filename_);
            context_.copied_directories.insert(directory).second)
            real().add_include_path(ctx_, directory.c_str());
    if (is_rewritten_)
        rewriter_.set_main_path(path);
    return real().run_cmd_from_filename(ctx_, path.c_str());
}

}  // namespace rmirror::plugin
