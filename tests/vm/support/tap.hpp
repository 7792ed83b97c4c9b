// SPDX-License-Identifier: GPL-2.0-only
// A tap device: frames that come in as a guest's do, with headers that nobody has checked.
#pragma once

#include <string>

#include "support/hexdump.hpp"
#include "vm/support/file_descriptor.hpp"
#include "vm/support/netns.hpp"
#include "vm/support/virtio.hpp"

namespace rmirror::vm {

class Tap {
public:
    /** Makes the device and sets it up; it goes with the object. */
    Tap(const NetNs &netns, const std::string &device);

    /** The device receives the frame; std::system_error if the kernel does not take it. */
    void send(test::ByteView frame, const GsoRequest &request = {});

private:
    FileDescriptor file_;
};

}  // namespace rmirror::vm
