// SPDX-License-Identifier: GPL-2.0-only
//
// Sockets that take what arrives and throw it away: as long as they are there, the kernel does not
// answer copies with "protocol unreachable" and "port unreachable".
#pragma once

#include <vector>

#include "decode.hpp"
#include "descriptor.hpp"

namespace rmirror::collector {

// For GRE and the ports, of which a Linux device or another program may have one: it does not
// answer either.
std::vector<Descriptor> keep_kernel_quiet(bool gre, const Ports &ports);

}  // namespace rmirror::collector
