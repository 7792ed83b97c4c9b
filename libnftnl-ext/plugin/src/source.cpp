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
#include <cstring>
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
    std::size_t begin = begins_[number];
    std::size_t end = number + 1 < begins_.size() ? begins_[number + 1] - 1 : text_.size();
    return std::string_view(text_).substr(begin, end - begin);
}

Position Lines::position_of(std::size_t offset) const {
    find();
    auto next =
        std::upper_bound(begins_.begin() + 1, begins_.end(), std::min(offset, text_.size()));
    return {static_cast<std::size_t>(next - begins_.begin()) - 1,
            std::min(offset, text_.size()) - *(next - 1)};
}

Source::Source(std::string shown_name, std::string text, std::optional<TableFamily> block)
    : name(std::move(shown_name)),
      original(std::move(text)),
      joined(join_lines(original)),
      found(scan(original, block)),
      original_lines(original),
      rewritten_lines(rewritten) {}

Source::Source(std::string shown_name, std::string text, std::string text_for_nft)
    : name(std::move(shown_name)),
      original(std::move(text)),
      rewritten(std::move(text_for_nft)),
      original_lines(original),
      rewritten_lines(rewritten) {}

// A line may hold any number of places: they are searched, not walked through.
const Place *Source::place_before(std::size_t line, std::size_t rewritten_column) const {
    auto next = std::partition_point(places.begin(), places.end(), [&](const Place &place) {
        return place.line < line ||
               (place.line == line && place.rewritten.begin < rewritten_column);
    });
    return next != places.begin() && (next - 1)->line == line ? &*(next - 1) : nullptr;
}

const Place *Source::place_at(std::size_t line, std::size_t rewritten_column) const {
    const Place *place = place_before(line, rewritten_column + 1);
    return place && rewritten_column < place->rewritten.end ? place : nullptr;
}

// Behind a place, everything is moved by the difference of the lengths.
Span Source::original_columns(std::size_t line, Span columns) const {
    Span moved = columns;
    if (const Place *place = place_before(line, columns.begin + 1))
        moved.begin = columns.begin >= place->rewritten.end
                          ? place->original.end + (columns.begin - place->rewritten.end)
                          : place->original.begin;
    if (const Place *place = place_before(line, columns.end))
        moved.end = place->original.end +
                    (std::max(columns.end, place->rewritten.end) - place->rewritten.end);
    return moved;
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

// What did not work, and the reason, which errno tells.
std::string failure(std::string_view what) {
    return std::string(what) + ": " + std::strerror(errno);
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
    is_complete_ = fd_ >= 0 && write_all(fd_, text);
    if (!is_complete_)
        error_ = failure(fd_ < 0 ? "memfd_create" : "memory file");
    else if (int again = open(path().c_str(), O_RDONLY | O_CLOEXEC); again >= 0)
        close(again);
    else
        error_ = failure(path());
}

TextFile::~TextFile() {
    if (fd_ >= 0)
        close(fd_);
}

TextFile::TextFile(TextFile &&other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      is_complete_(std::exchange(other.is_complete_, false)),
      error_(std::move(other.error_)) {}

std::string TextFile::path() const {
    return "/proc/self/fd/" + std::to_string(fd_);
}

StandardInput::StandardInput(const TextFile &file)
    : saved_(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)) {
    if ((saved_ < 0 && errno != EBADF) || lseek(file.fd(), 0, SEEK_SET) != 0 ||
        dup2(file.fd(), STDIN_FILENO) < 0)
        error_ = failure("standard input");
}

StandardInput::~StandardInput() {
    if (saved_ >= 0) {
        dup2(saved_, STDIN_FILENO);
        close(saved_);
    } else if (error_.empty()) {
        close(STDIN_FILENO);
    }
}

}  // namespace rmirror::plugin
