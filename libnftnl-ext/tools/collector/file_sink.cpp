// SPDX-License-Identifier: GPL-2.0-only
#include "file_sink.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <memory>

namespace rmirror::collector {

namespace {

// What is written at once
constexpr std::size_t chunk = std::size_t{1} << 20;
constexpr int patience_ms = 1000;

std::uint64_t now() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(time.tv_nsec);
}

}  // namespace

Result<std::unique_ptr<FileSink>> FileSink::open(const FileOptions &options,
                                                 const std::atomic<bool> *stopping) {
    std::unique_ptr<FileSink> sink(new FileSink(options, stopping));
    if (const auto error = sink->open_next())
        return *error;
    return sink;
}

// capture.pcapng is capture-00001.pcapng, capture-00002.pcapng, ..
std::string FileSink::next_name() {
    count_++;
    if (!options_.rotates())
        return options_.path;
    const std::size_t slash = options_.path.rfind('/');
    std::size_t dot = options_.path.rfind('.');
    if (dot == std::string::npos || (slash != std::string::npos && dot < slash))
        dot = options_.path.size();
    char number[32];
    std::snprintf(number, sizeof number, "-%05llu", static_cast<unsigned long long>(count_));
    return options_.path.substr(0, dot) + number + options_.path.substr(dot);
}

std::optional<Error> FileSink::open_next() {
    name_ = next_name();
    if (name_ == "-") {
        name_ = "the standard output";
        file_ = Descriptor(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    } else {
        file_ = Descriptor(::open(name_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
    }
    struct stat status {};
    if (!file_ || fstat(file_.get(), &status) != 0)
        return system_error("cannot write " + name_);
    is_pipe_ = !S_ISREG(status.st_mode);
    if (options_.files != 0) {
        names_.push_back(name_);
        if (names_.size() > options_.files) {
            unlink(names_.front().c_str());
            names_.pop_front();
        }
    }
    written_ = 0;
    begun_ns_ = now();
    interfaces_.clear();
    numbers_.clear();
    buffer_.clear();
    buffer_.reserve(2 * chunk);
    pcapng::add_section(buffer_);
    flush();
    return error_;
}

bool FileSink::is_due(const Frame &frame, std::uint64_t now_ns) const {
    if (interfaces_.empty())
        return false;
    if (options_.rotate_seconds != 0 &&
        now_ns - begun_ns_ >= options_.rotate_seconds * 1'000'000'000)
        return true;
    return options_.rotate_bytes != 0 &&
           written_ + buffer_.size() + frame.copy.frame.size() > options_.rotate_bytes;
}

void FileSink::write(const Frame &frame) {
    if (error_ || ended_)
        return;
    if (options_.rotates() && is_due(frame, now())) {
        end_file(0);
        if (!error_)
            error_ = open_next();
        if (error_)
            return;
    }
    last_ns_ = frame.time_ns;
    pcapng::add_packet(buffer_, interface_of(frame), frame);
    if (buffer_.size() >= chunk)
        flush();
}

std::uint32_t FileSink::interface_of(const Frame &frame) {
    const std::size_t index =
        std::size_t{frame.stream.number} * 2 + (frame.copy.link == Link::ip ? 1 : 0);
    if (index >= numbers_.size())
        numbers_.resize(index + 1);
    if (numbers_[index] == 0) {
        const Stream &stream = frame.stream;
        pcapng::add_interface(buffer_, frame.copy.link, stream.who() + " " + stream.what());
        // The stream has counted this frame already.
        interfaces_.push_back(
            {&stream, stream.packets - 1, stream.sequence.counts().lost - frame.lost_before});
        numbers_[index] = static_cast<std::uint32_t>(interfaces_.size());
    }
    return numbers_[index] - 1;
}

void FileSink::idle() {
    if (!error_ && !ended_)
        flush();
}

void FileSink::finish(const Streams & /*streams*/, std::uint64_t kernel_drops) {
    if (!error_ && !ended_)
        end_file(kernel_drops);
}

void FileSink::end_file(std::uint64_t kernel_drops) {
    for (std::size_t i = 0; i < interfaces_.size(); i++) {
        const Interface &one = interfaces_[i];
        const std::uint64_t lost = one.stream->sequence.counts().lost;
        // What was missing in the file before may have come in this one.
        pcapng::add_statistics(buffer_, static_cast<std::uint32_t>(i), last_ns_,
                               {.received = one.stream->packets - one.packets_before,
                                .lost = lost - std::min(lost, one.lost_before),
                                .dropped = kernel_drops});
    }
    flush();
}

// False: it is time to stop, and the reader of the pipe does not read.
bool FileSink::wait_for_reader() {
    pollfd poll_for{.fd = file_.get(), .events = POLLOUT, .revents = 0};
    return poll(&poll_for, 1, patience_ms) > 0;
}

void FileSink::flush() {
    std::size_t done = 0;
    while (done < buffer_.size()) {
        std::size_t size = buffer_.size() - done;
        if (is_pipe_ && stopping_->load()) {
            // A pipe that can be written takes a page without waiting.
            size = std::min<std::size_t>(size, 4096);
            if (!wait_for_reader()) {
                error_ = Error{name_ + ": its reader does not read", {}};
                break;
            }
        }
        const ssize_t wrote = ::write(file_.get(), buffer_.data() + done, size);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0 && errno == EPIPE) {
            ended_ = true;
            break;
        }
        if (wrote < 0) {
            error_ = system_error("cannot write " + name_);
            break;
        }
        done += static_cast<std::size_t>(wrote);
    }
    written_ += done;
    buffer_.clear();
}

}  // namespace rmirror::collector
