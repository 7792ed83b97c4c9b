// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

namespace rmirror::collector {

// The alias of a device of this network namespace; empty if it has none. (/sys shows the devices of
// the namespace that mounted it.)
std::string alias_of(const std::string &device);

}  // namespace rmirror::collector
