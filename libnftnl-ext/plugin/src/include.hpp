// SPDX-License-Identifier: GPL-2.0-only
//
// Which files an `include` of nft means: the rules of its scanner.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rmirror::plugin {

// In the order in which nft reads them; none when there is nothing to read, which nft reports.
std::vector<std::string> included_files(std::string_view pattern,
                                        const std::vector<std::string> &include_paths);

}  // namespace rmirror::plugin
