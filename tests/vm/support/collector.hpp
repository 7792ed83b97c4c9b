// SPDX-License-Identifier: GPL-2.0-only
// `rmirror collector` as a program, and what it writes as tshark reads it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "support/address.hpp"
#include "vm/support/netns.hpp"

namespace rmirror::vm {

/** The program rmirror that was built. */
std::string rmirror_program();

/** `rmirror collector OPTION..` in a namespace, from the moment when it receives on. */
class CollectorProcess {
public:
    /** Waits until it receives; throws what it says if it does not. `out`: a descriptor for its
     *  standard output; -1: it is collected. */
    CollectorProcess(const NetNs &netns, const std::vector<std::string> &options, int out = -1);
    CollectorProcess(const CollectorProcess &) = delete;
    CollectorProcess &operator=(const CollectorProcess &) = delete;
    /** Kills it if it still runs. */
    ~CollectorProcess();

    /** Sends the signal, if it is not 0, and waits for the end. */
    CommandResult stop(int signal);
    /** Waits until the standard error has the text. */
    bool says(const std::string &text) const;
    pid_t pid() const { return pid_; }
    std::string errors() const { return contents(err_); }

private:
    static std::string contents(const FileDescriptor &file);

    pid_t pid_ = -1;
    FileDescriptor out_;
    FileDescriptor err_;
};

/** A packet of a pcapng file. */
struct CapturedPacket {
    std::string interface;
    std::uint32_t length = 0;  ///< of the original
    std::uint64_t time_ns = 0;
    std::string direction;  ///< "1" inbound, "2" outbound, "" unknown
    std::string lost;       ///< before it; "" if none
    std::string comment;
    test::Bytes bytes;
};

/** All packets of a file, in its order; throws what tshark complains of. */
std::vector<CapturedPacket> read_pcapng(const std::string &path);

/** A name below /tmp that is the test's own; the file goes with the object. */
class TemporaryFile {
public:
    explicit TemporaryFile(const std::string &suffix);
    TemporaryFile(const TemporaryFile &) = delete;
    TemporaryFile &operator=(const TemporaryFile &) = delete;
    ~TemporaryFile();
    const std::string &path() const { return path_; }

private:
    std::string path_;
};

}  // namespace rmirror::vm
