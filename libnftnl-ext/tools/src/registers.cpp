// SPDX-License-Identifier: GPL-2.0-only
#include "registers.hpp"

#include <linux/netfilter/nf_tables.h>

#include "netlink/netlink.hpp"

namespace rmirror::tools {

namespace {

struct Loader {
    const char *name;
    std::uint16_t destination;  // its attribute
};

// The expressions whose values nft lets stand in a map's place
constexpr Loader loaders[] = {
    {"lookup", NFTA_LOOKUP_DREG},
    {"immediate", NFTA_IMMEDIATE_DREG},
    {"payload", NFTA_PAYLOAD_DREG},
    {"meta", NFTA_META_DREG},
    {"ct", NFTA_CT_DREG},
    {"bitwise", NFTA_BITWISE_DREG},
    {"byteorder", NFTA_BYTEORDER_DREG},
    {"exthdr", NFTA_EXTHDR_DREG},
    {"hash", NFTA_HASH_DREG},
    {"numgen", NFTA_NG_DREG},
    {"rt", NFTA_RT_DREG},
    {"fib", NFTA_FIB_DREG},
    {"socket", NFTA_SOCKET_DREG},
    {"xfrm", NFTA_XFRM_DREG},
    {"tunnel", NFTA_TUNNEL_DREG},
    {"osf", NFTA_OSF_DREG},
};

// A register of 16 bytes and the first of the four small ones in it are one.
std::uint32_t first_small(std::uint32_t number) {
    return number >= NFT_REG_1 && number <= NFT_REG_4
               ? NFT_REG32_00 + (number - NFT_REG_1) * (NFT_REG_SIZE / NFT_REG32_SIZE)
               : number;
}

}  // namespace

void Registers::take(const std::string &name, const nlattr *data) {
    for (const Loader &loader : loaders) {
        const nlattr *destination =
            name == loader.name ? find_attribute(data, loader.destination) : nullptr;
        if (destination == nullptr)
            continue;
        std::string &map = maps_[first_small(network_number_of(destination))];
        map = name == "lookup" ? string_of(find_attribute(data, NFTA_LOOKUP_SET)) : std::string();
    }
}

std::string Registers::map_of(std::uint32_t number) const {
    const auto found = maps_.find(first_small(number));
    return found != maps_.end() ? found->second : std::string();
}

}  // namespace rmirror::tools
