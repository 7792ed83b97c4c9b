// SPDX-License-Identifier: GPL-2.0-only
// A file descriptor and its end; and why a system call failed, as an error to return.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <rmirror/statement.hpp>
#include <string>
#include <utility>

namespace rmirror::collector {

class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor &operator=(Descriptor &&other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;
    ~Descriptor() {
        if (fd_ >= 0)
            close(fd_);
    }

    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

private:
    int fd_ = -1;
};

// WHAT: the system's words for errno
inline Error system_error(const std::string &what) {
    return {what + ": " + std::strerror(errno), {}};
}

}  // namespace rmirror::collector
