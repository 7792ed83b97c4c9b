// SPDX-License-Identifier: GPL-2.0-only
// Kernel modules that come and go.
#pragma once

#include <string>
#include <vector>

namespace rmirror::vm {

/** Whether this kernel has a module, which is loaded then; else its test is to be skipped. */
bool has_module(const std::string &name);

/** Removes a module, which need not be there, as soon as nothing uses it: the kernel takes rules
 * and network namespaces apart after the call that deleted them has returned. Throws
 *  std::runtime_error if something still uses it after ten seconds. */
void remove_module(const std::string &name);

/** For as long as it lives the kernel finds no module to load. */
class NoModprobe {
public:
    NoModprobe();
    NoModprobe(const NoModprobe &) = delete;
    NoModprobe &operator=(const NoModprobe &) = delete;
    ~NoModprobe();

private:
    std::string before_;
};

/** Loads modules of the kernel; returns those that it has not, each behind a blank. */
std::string missing_modules(const std::vector<std::string> &names);

}  // namespace rmirror::vm
