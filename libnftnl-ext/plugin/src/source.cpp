// SPDX-License-Identifier: GPL-2.0-only
//
// Texts, their lines, and files without a name for nft to open.
#include "source.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace rmirror::plugin {

void Lines::find() const {
    if (!begins_.empty())
        return;
    begins_.push_back(0);
    for (std::size_t at = 0; (at = text_.find('\n', at)) != text_.npos;)
        begins_.push_back(++at);
}

std::size_t Lines::count() const {
    find();
    return begins_.size() - (begins_.back() == text_.size() && begins_.size() > 1);
}

std::string_view Lines::line(std::size_t number) const {
    find();
    if (number >= begins_.size())
        return {};
    std::string_view rest = std::string_view(text_).substr(begins_[number]);
    return rest.substr(0, rest.find('\n'));
}

Source::Source(std::string shown_name, std::string text, bool in_block)
    : name(std::move(shown_name)),
      original(std::move(text)),
      joined(join_lines(original)),
      found(scan(original, in_block)),
      original_lines(original),
      rewritten_lines(rewritten) {}

std::vector<Place>::const_iterator Source::places_of(std::size_t line) const {
    return std::lower_bound(places.begin(), places.end(), line,
                            [](const Place &place, std::size_t l) { return place.line < l; });
}

const Place *Source::place_at(std::size_t line, std::size_t rewritten_column) const {
    for (auto place = places_of(line); place != places.end() && place->line == line; ++place)
        if (rewritten_column >= place->rewritten.begin && rewritten_column < place->rewritten.end)
            return &*place;
    return nullptr;
}

Span Source::original_columns(std::size_t line, Span columns) const {
    Span moved = columns;
    for (auto place = places_of(line); place != places.end() && place->line == line; ++place) {
        // After a place, everything is moved by the difference of the lengths.
        if (columns.begin >= place->rewritten.end)
            moved.begin = place->original.end + (columns.begin - place->rewritten.end);
        else if (columns.begin >= place->rewritten.begin)
            moved.begin = place->original.begin;
        if (columns.end > place->rewritten.end)
            moved.end = place->original.end + (columns.end - place->rewritten.end);
        else if (columns.end > place->rewritten.begin)
            moved.end = place->original.end;
    }
    return moved;
}

Position position_of(std::string_view text, std::size_t offset) {
    offset = std::min(offset, text.size());
    std::string_view before = text.substr(0, offset);
    std::size_t begin = before.rfind('\n');
    begin = begin == before.npos ? 0 : begin + 1;
    return {static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')),
            offset - begin};
}

namespace {

std::optional<std::string> read_all(int fd) {
    std::string text;
    struct stat status {};
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
        text.reserve(static_cast<std::size_t>(status.st_size) + 1);
    char buffer[65536];
    for (;;) {
        ssize_t got = read(fd, buffer, sizeof buffer);
        if (got == 0)
            return text;
        if (got > 0)
            text.append(buffer, static_cast<std::size_t>(got));
        else if (errno != EINTR)
            return std::nullopt;
    }
}

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        ssize_t put = write(fd, text.data(), text.size());
        if (put > 0)
            text.remove_prefix(static_cast<std::size_t>(put));
        else if (errno != EINTR)
            return false;
    }
    return true;
}

}  // namespace

std::optional<std::string> read_text(const std::string &filename) {
    if (filename == "-" || filename == "/dev/stdin")
        return read_all(STDIN_FILENO);
    struct stat status {};
    // Directories and devices are nft's to refuse; reading one may never end.
    if (stat(filename.c_str(), &status) < 0 ||
        !(S_ISREG(status.st_mode) || S_ISFIFO(status.st_mode)))
        return std::nullopt;
    int fd = open(filename.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return std::nullopt;
    std::optional<std::string> text = read_all(fd);
    close(fd);
    return text;
}

TextFile::TextFile(std::string_view text) : fd_(memfd_create("rmirror", MFD_CLOEXEC)) {
    ok_ = fd_ >= 0 && write_all(fd_, text) && access(path().c_str(), R_OK) == 0;
}

TextFile::~TextFile() {
    if (fd_ >= 0)
        close(fd_);
}

TextFile::TextFile(TextFile &&other) noexcept
    : fd_(std::exchange(other.fd_, -1)), ok_(std::exchange(other.ok_, false)) {}

std::string TextFile::path() const {
    return "/proc/self/fd/" + std::to_string(fd_);
}

}  // namespace rmirror::plugin
