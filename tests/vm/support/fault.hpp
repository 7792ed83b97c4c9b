// SPDX-License-Identifier: GPL-2.0-only
// The kernel's fault injection: its allocations fail, one at a time
// (Documentation/fault-injection/fault-injection.rst, /proc/PID/fail-nth).
#pragma once

#include <string>

#include "vm/support/file_descriptor.hpp"

namespace rmirror::vm {

/** Of what this thread does from now on, an allocation of the kernel fails, whatever its flags: of
 * slabs and of pages. Not those in soft interrupts. */
class Fault {
public:
    /** Why the kernel cannot do that; empty if it can. */
    static std::string missing();

    /** The `nth` one from now on, counted from 1. */
    explicit Fault(unsigned nth);
    Fault(const Fault &) = delete;
    Fault &operator=(const Fault &) = delete;
    ~Fault() { end(); }

    /** None fails any more. Returns whether one did: if not, there were fewer. */
    bool end();

private:
    FileDescriptor file_;
    bool happened_ = false;
};

}  // namespace rmirror::vm
