// SPDX-License-Identifier: GPL-2.0-only
// Times to wait are written down as they suit an ordinary kernel.
#pragma once

#include <chrono>
#include <cstdlib>

namespace rmirror::vm {

/** `time`, or a multiple where the harness says that this kernel is slower (RMIRROR_TIME_SCALE). */
inline std::chrono::milliseconds scaled(std::chrono::milliseconds time) {
    const char *const scale = std::getenv("RMIRROR_TIME_SCALE");
    const long factor = scale != nullptr ? std::strtol(scale, nullptr, 10) : 1;
    return factor > 1 ? time * factor : time;
}

}  // namespace rmirror::vm
