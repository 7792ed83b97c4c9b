// SPDX-License-Identifier: GPL-2.0-only
//
// As long as it is there, the kernel does not answer copies with "protocol unreachable" and "port
// unreachable": sockets take what arrives and throw it away, and a table of nf_tables drops what
// the kernel's GRE module, where it is loaded, answers for want of a tunnel.
#pragma once

#include <memory>
#include <vector>

#include "decode.hpp"
#include "descriptor.hpp"
#include "netlink/own_table.hpp"

namespace rmirror::collector {

class Quiet {
public:
    // For GRE and the ports, of which a Linux device or another program may have one: it does not
    // answer either. Before privileges are given up; what cannot be had is left out.
    void open(bool gre, const Ports &ports);

private:
    std::vector<Descriptor> sockets_;
    std::unique_ptr<tools::OwnTable> answers_;
};

}  // namespace rmirror::collector
