// SPDX-License-Identifier: GPL-2.0-only
//
// Any bytes as what stands behind an outer header: the first one chooses the decoder, each of which
// has to stay inside.
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "collector/decode.hpp"
#include "collector/receiver.hpp"

using namespace rmirror::collector;

namespace {

void demand(bool property, const char *what) {
    if (property)
        return;
    std::fprintf(stderr, "property: %s\n", what);
    std::abort();
}

Decoded decode(unsigned kind, ByteView payload) {
    switch (kind % 5) {
        case 0:
            return decode_gre(payload);
        case 1:
            return decode_udp(payload, default_ports());
        case 2:
            return decode_vxlan(payload);
        case 3:
            return decode_geneve(payload);
        default:
            return decode_tzsp(payload);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    if (size == 0)
        return 0;
    // A buffer of its own, so that one byte too far is one too far for the sanitizer, too.
    const std::vector<std::uint8_t> payload(data + 1, data + size);
    const Decoded decoded = decode(data[0], payload);
    if (decoded.outcome != Outcome::copy)
        return 0;
    const ByteView frame = decoded.copy.frame;
    demand(!frame.empty(), "a copy has a frame");
    demand(frame.data() + frame.size() <= payload.data() + payload.size(),
           "it ends in the payload");
    demand(frame.data() > payload.data(), "there is a header before it");
    demand(!decoded.copy.key || encap_key_max(decoded.copy.encap) >= *decoded.copy.key,
           "a key is in its range");
    if (decoded.copy.stamp)
        decoded.copy.stamp->near(1'700'000'000'000'000'000);
    length_by_header(decoded.copy.link, frame);
    return 0;
}
