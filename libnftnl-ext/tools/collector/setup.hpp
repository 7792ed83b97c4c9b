// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <span>

namespace rmirror::collector {

// `rmirror collector setup`: the words behind it. Returns the exit status.
int setup_main(std::span<const char *const> words);

}  // namespace rmirror::collector
