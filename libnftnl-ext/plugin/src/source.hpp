// SPDX-License-Identifier: GPL-2.0-only
//
// One text for nft: a command line, a file, standard input or an included file; as the user wrote
// it and as nft reads it. Messages of nft about the second are translated into the first.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scan.hpp"

namespace rmirror::plugin {

// Something replaced in a line. Columns are bytes from 0 and do not pass the end of the line.
struct Place {
    // head: what is before an expression, which is the collector or the key; tail: what nft has to
    // read behind it
    enum class Kind { statement, head, head_of_key, tail, include };
    Kind kind;
    std::size_t line;  // from 0
    Span original;
    Span rewritten;

    bool is_ours() const { return kind != Kind::include; }
};

struct Position {
    std::size_t line = 0;
    std::size_t column = 0;
};

// The lines of a text, found when first asked for.
class Lines {
public:
    explicit Lines(const std::string &text) : text_(text) {}
    std::size_t count() const;
    std::string_view line(std::size_t number) const;  // without its end; empty: no such line
    Position position_of(std::size_t offset) const;

private:
    const std::string &text_;
    mutable std::vector<std::size_t> begins_;
    void find() const;
};

class Source {
public:
    Source(std::string shown_name, std::string text,
           std::optional<TableFamily> block = std::nullopt);
    // What is no text of nft, but JSON: nothing is looked for in it.
    Source(std::string shown_name, std::string text, std::string text_for_nft);
    Source(const Source &) = delete;

    std::string name;  // what messages show; empty: the command line
    std::string path;  // what nft opens; empty: the command line
    std::string original;
    std::string rewritten;
    std::string joined;  // original, see join_lines()
    Scan found;
    std::vector<Place> places;  // in order
    // Words behind statements that nft may know, in order, and what to say when it does not
    std::vector<Error> unknown;
    Lines original_lines;
    Lines rewritten_lines;
    // Where it was included, "In file included from ..." lines, for our own messages
    std::string included_from;

    bool changed() const { return !places.empty(); }
    std::string_view text_at(Span span) const {
        return std::string_view(original).substr(span.begin, span.end - span.begin);
    }
    // The last place of the line that begins before that column; null: there is none.
    const Place *place_before(std::size_t line, std::size_t rewritten_column) const;
    const Place *place_at(std::size_t line, std::size_t rewritten_column) const;
    // Columns of rewritten in those of original.
    Span original_columns(std::size_t line, Span rewritten_columns) const;
};

// The text of a file or, for "-" and "/dev/stdin", of standard input.
std::optional<std::string> read_text(const std::string &filename);

// A text as a file that nft can open: no name in any file system, gone when closed.
class TextFile {
public:
    explicit TextFile(std::string_view text);
    ~TextFile();
    TextFile(TextFile &&other) noexcept;
    TextFile &operator=(TextFile &&) = delete;

    bool is_complete() const { return is_complete_; }  // all of the text is in it
    bool ok() const { return error_.empty(); }         // and path() can be opened
    const std::string &error() const { return error_; }
    std::string path() const;
    int fd() const { return fd_; }

private:
    int fd_ = -1;
    bool is_complete_ = false;
    std::string error_;  // what failed, and why
};

// Standard input is that file as long as this lives, for all threads of the process.
class StandardInput {
public:
    explicit StandardInput(const TextFile &file);
    ~StandardInput();
    StandardInput(const StandardInput &) = delete;
    const std::string &error() const { return error_; }  // empty: it is

private:
    int saved_ = -1;  // what was standard input, -1: it was closed
    std::string error_;
};

}  // namespace rmirror::plugin
