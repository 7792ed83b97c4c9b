// SPDX-License-Identifier: GPL-2.0-only
#include "vm/support/fault.hpp"

#include <fcntl.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace rmirror::vm {
namespace {

constexpr const char *settings = "/sys/kernel/debug/";

void set(const std::string &name, const char *value) {
    std::ofstream file(settings + name);
    file << value << std::flush;
    if (!file)
        throw std::runtime_error("cannot set " + name);
}

// The kernel keeps the settings.
bool fail_all() {
    set("failslab/ignore-gfp-wait", "N");
    set("fail_page_alloc/ignore-gfp-wait", "N");
    set("fail_page_alloc/min-order", "0");
    // A trace of each would look like a report.
    set("failslab/verbose", "0");
    set("fail_page_alloc/verbose", "0");
    return true;
}

}  // namespace

std::string Fault::missing() {
    for (const char *needed : {"failslab", "fail_page_alloc"})
        if (!std::filesystem::exists(std::string(settings) + needed))
            return std::string("this kernel has no ") + needed + ": tests/run --debug-kernel";
    return {};
}

Fault::Fault(unsigned nth) {
    static const bool are_all_to_fail = fail_all();
    (void)are_all_to_fail;
    file_ = FileDescriptor(
        check_errno(open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC), "open fail-nth"));
    const std::string text = std::to_string(nth);
    check_errno(static_cast<int>(pwrite(file_.get(), text.data(), text.size(), 0)),
                "write fail-nth");
}

bool Fault::end() {
    if (!file_)
        return happened_;
    std::array<char, 16> left{};
    if (pread(file_.get(), left.data(), left.size() - 1, 0) > 0)
        happened_ = std::atoi(left.data()) == 0;
    if (pwrite(file_.get(), "0", 1, 0) != 1)
        std::perror("cannot end a fault");
    file_.reset();
    return happened_;
}

}  // namespace rmirror::vm
