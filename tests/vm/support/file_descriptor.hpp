// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace rmirror::vm {

/** Owns a file descriptor. */
class FileDescriptor {
public:
    FileDescriptor() = default;
    explicit FileDescriptor(int fd) : fd_(fd) {}
    FileDescriptor(FileDescriptor &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    FileDescriptor &operator=(FileDescriptor &&other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~FileDescriptor() { reset(); }

    void reset() {
        if (fd_ >= 0)
            close(fd_);
        fd_ = -1;
    }
    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

private:
    int fd_ = -1;
};

/** Throws what errno says about `action` when `result` is negative; else returns it. */
inline int check_errno(int result, const std::string &action) {
    if (result < 0)
        throw std::system_error(errno, std::generic_category(), action);
    return result;
}

}  // namespace rmirror::vm
