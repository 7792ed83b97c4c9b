// SPDX-License-Identifier: GPL-2.0-only
// A network namespace of the test's own.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "vm/support/command.hpp"
#include "vm/support/file_descriptor.hpp"

namespace rmirror::vm {

/** A new network namespace, its loopback up, named below /run/netns as `ip netns` does it; gone
 * with the object. Constructors and the steps that must succeed throw std::system_error or
 *  std::runtime_error. */
class NetNs {
public:
    /** `label` becomes part of the name, which is unique in this machine. */
    explicit NetNs(const std::string &label = "test");
    NetNs(const NetNs &) = delete;
    NetNs &operator=(const NetNs &) = delete;
    ~NetNs();

    const std::string &name() const { return name_; }
    int fd() const { return fd_.get(); }

    /** Puts the calling thread into the namespace for as long as it lives. */
    class Entered {
    public:
        explicit Entered(const NetNs &netns);
        Entered(const Entered &) = delete;
        Entered &operator=(const Entered &) = delete;
        ~Entered();

    private:
        FileDescriptor previous_;
    };

    /** Calls `function` in the namespace, in the calling thread, and returns what it returns. */
    template <typename Function>
    decltype(auto) run(Function &&function) const {
        const Entered entered(*this);
        return std::forward<Function>(function)();
    }

    /** run_command() and require_command() in the namespace. */
    CommandResult exec(const std::vector<std::string> &argv,
                       const CommandOptions &options = {}) const;
    std::string require(const std::vector<std::string> &argv,
                        const CommandOptions &options = {}) const;

    /** Several lines for `ip -batch`, without the leading `ip`: one process for all of them. */
    void ip(const std::string &batch) const;

    /** `ip link set DEVICE up` without a process: they are what a test's time goes into. */
    void set_up(const std::string &device) const;
    /** Whether the device is up and has a carrier. */
    bool is_running(const std::string &device) const;

    /** Loads a ruleset with `nft -f`, throwing nft's complaint if it is refused. */
    void nft(const std::string &ruleset) const;

    /** Writes below /proc/sys: sysctl("net.ipv4.ip_forward", "1"). */
    void sysctl(const std::string &key, const std::string &value) const;

    unsigned interface_index(const std::string &device) const;

private:
    std::string name_;
    FileDescriptor fd_;
};

}  // namespace rmirror::vm
