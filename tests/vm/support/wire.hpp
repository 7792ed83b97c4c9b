// SPDX-License-Identifier: GPL-2.0-only
// What packets become on a wire, and which of them a collector got.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "vm/support/capture.hpp"

namespace rmirror::vm {

/** The frame with its checksum (TCP, UDP, SCTP) finished, as the device does it that it was left
 * to. Tags are skipped; not for tunnels or fragments. */
test::Bytes finished(const Frame &frame);

/** The frames that a device makes of a TCP or UDP superframe of `segment` payload bytes each. */
std::vector<test::Bytes> segments_of(test::ByteView superframe, std::size_t segment);

/** All that comes until it has been quiet for a while. */
std::vector<Frame> drain(Capture &capture, const Capture::Predicate &predicate);

/** The frames that were mirrored with any encapsulation but none, out of their outer packets;
 *  fragments are put together. Everything that came is taken to be a copy. */
std::vector<test::Bytes> mirrored_frames(const std::vector<Frame> &outers);

/** What is behind the IP headers of these frames; fragments are put together. */
std::vector<test::Bytes> ip_payloads(const std::vector<Frame> &frames);

/** Both have the same frames, in whatever order. */
::testing::AssertionResult same_frames(std::vector<test::Bytes> expected,
                                       std::vector<test::Bytes> got);

}  // namespace rmirror::vm
