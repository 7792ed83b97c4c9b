// SPDX-License-Identifier: GPL-2.0-only
//
// A FILE between libnftables and a FILE of the program, that hands on whole lines changed by a
// filter. Nothing is kept back longer than to the end of its line: `nft monitor` never ends.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace rmirror::plugin {

class Filter {
public:
    virtual ~Filter() = default;
    // Takes complete lines, ends included, or a long part of one; appends what is to be shown to
    // out and returns how much of text it has dealt with: the rest comes again with what follows.
    virtual std::size_t lines(std::string_view text, std::string &out) = 0;
    // Takes what is left at the end.
    virtual void rest(std::string_view text, std::string &out) = 0;
};

class Stream {
public:
    Stream(Filter &filter, FILE *target);
    ~Stream();
    Stream(const Stream &) = delete;

    // What this stream has kept back is handed on before other takes anything, and the other way
    // round, so that the two keep their order even within a line (nft -o).
    void pair_with(Stream &other) { other_ = &other; }

    FILE *file() { return file_; }  // null: no memory
    void put(std::string_view text);

private:
    static ssize_t write(void *stream, const char *bytes, std::size_t size);
    void take(std::string_view bytes);
    void hand_on();
    bool holds_something() const;

    Filter &filter_;
    FILE *target_;
    FILE *file_;
    std::string pending_;
    Stream *other_ = nullptr;
    bool handing_on_ = false;
};

}  // namespace rmirror::plugin
