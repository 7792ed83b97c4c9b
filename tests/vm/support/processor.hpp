// SPDX-License-Identifier: GPL-2.0-only
// Which processor a test sends from. Over a veth pair the same one receives.
#pragma once

#include <sched.h>

#include "vm/support/file_descriptor.hpp"

namespace rmirror::vm {

/** For as long as it lives the calling thread stays on the first processor: what is done for each
 * processor is then done once, and packets keep their order. */
class OneProcessor {
public:
    OneProcessor() {
        check_errno(sched_getaffinity(0, sizeof(before_), &before_), "get the affinity");
        cpu_set_t first;
        CPU_ZERO(&first);
        CPU_SET(0, &first);
        check_errno(sched_setaffinity(0, sizeof(first), &first), "stay on a processor");
    }
    OneProcessor(const OneProcessor &) = delete;
    OneProcessor &operator=(const OneProcessor &) = delete;
    ~OneProcessor() { sched_setaffinity(0, sizeof(before_), &before_); }

private:
    cpu_set_t before_{};
};

}  // namespace rmirror::vm
