// SPDX-License-Identifier: GPL-2.0-only
//
// What nft prints: marks become the statements they stand for, as text, as JSON and in the dumps
// of --debug=netlink.
#pragma once

#include "carrier.hpp"
#include "stream.hpp"

namespace rmirror::plugin {

class OutputFilter : public Filter {
public:
    // show_carriers: the output may hold statements as they were read (-o, --debug), not only as
    // they came from the kernel. json: what nft prints is JSON.
    OutputFilter(const Registry &registry, const Carriers &carriers, bool show_carriers, bool json)
        : registry_(registry), carriers_(carriers), show_carriers_(show_carriers), json_(json) {}

    std::size_t lines(std::string_view text, std::string &out) override;
    void rest(std::string_view text, std::string &out) override;

private:
    void replace_marks(std::string_view text, std::string &out) const;
    void replace_carriers(std::string_view text, std::string &out) const;

    const Registry &registry_;
    const Carriers &carriers_;
    bool show_carriers_;
    bool json_;
};

// text with the carriers in it, in quotes or in a debug dump, replaced by the user's own words.
std::string without_carriers(std::string_view text, const Carriers &carriers);

}  // namespace rmirror::plugin
