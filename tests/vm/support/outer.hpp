// SPDX-License-Identifier: GPL-2.0-only
// What arrives at the collector: outer packets and the frames in them.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "vm/support/capture.hpp"

namespace rmirror::vm {

/** Matches what the router sends to the collector as a mirror: GRE, or UDP other than port 9, which
 *  is what the tests' own traffic goes to. */
Capture::Predicate is_copy();

/** The frame in a captured copy with a GRE header, whatever options that has, over IPv4 or IPv6;
 *  nullopt if it is something else. */
std::optional<test::Bytes> inner_frame(const Frame &copy);

/** The checksums of the outer headers: IPv4's own, and UDP's over IPv6. */
::testing::AssertionResult outer_checksums_hold(const Frame &copy);

}  // namespace rmirror::vm
