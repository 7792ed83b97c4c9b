// SPDX-License-Identifier: GPL-2.0-only
// A mirror of packets of some shape, with the checker around it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vm/support/capture.hpp"
#include "vm/support/checker.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/topology.hpp"

namespace rmirror::vm {

/** A way to mirror, for tests of every shape. */
struct Way {
    const char *options = "";
    const char *collector = "10.0.0.5";
    bool tracked = false;  ///< with connection tracking

    /** Bytes of each frame that are kept, if it is not all. */
    std::optional<std::size_t> len() const;
    /** For the name of a test. */
    std::string name() const;
};

void PrintTo(const Way &way, std::ostream *out);

/** The router's rule mirrors what passes between it and the sender; the collector's link has
 * neither offloads nor a need for fragments, so that what arrives is what is on the wire. */
class ShapeTest : public ::testing::Test {
protected:
    struct Rule {
        std::string hook;   ///< "inet output"
        std::string match;  ///< "tcp dport 2000"
        std::string options{};
        std::string collector = "10.0.0.5";
    };

    void build(const Topology::Options &options);
    /** Has the router track connections; before mirror(). */
    void track_connections();
    /** Loads the rule; the checker watches from here on. */
    void mirror(const Rule &rule);
    /** `ethtool -K`, with the kernel's names of features. */
    static void set_features(const NetNs &netns, const std::string &device,
                             const std::vector<std::string> &names, const std::string &state);

    /** The copies are `frames`, cut to `len`, in whatever order; the originals were not touched,
     * and all of them have this outcome. Returns how many packets had matched. */
    std::uint64_t expect_copies(std::vector<test::Bytes> frames,
                                const std::string &outcome = "sent",
                                std::optional<std::size_t> len = std::nullopt);

    std::unique_ptr<Topology> net_;
    std::unique_ptr<Checker> checker_;
    std::unique_ptr<Capture> copies_;
};

/** The frames as they are on the wire, checksums finished. */
std::vector<test::Bytes> wire_bytes(const std::vector<Frame> &frames);

/** Features of a veth device that make it take superframes. */
extern const std::vector<std::string> segmentation;

}  // namespace rmirror::vm
