// SPDX-License-Identifier: GPL-2.0-only
#include "vm/support/netns.hpp"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <thread>

namespace rmirror::vm {
namespace {

const std::string netns_dir = "/run/netns";
const std::string own_netns = "/proc/thread-self/ns/net";

std::string unique_name(const std::string &label) {
    static std::atomic<unsigned> count = 0;
    return "rm" + std::to_string(getpid()) + "-" + std::to_string(count++) + "-" + label;
}

/** /run/netns as a shared mount of its own, so that removing a name is seen everywhere. */
void prepare_netns_dir() {
    mkdir(netns_dir.c_str(), 0755);
    if (mount("", netns_dir.c_str(), "none", MS_SHARED | MS_REC, nullptr) == 0)
        return;
    check_errno(mount(netns_dir.c_str(), netns_dir.c_str(), "none", MS_BIND | MS_REC, nullptr),
                "bind " + netns_dir);
    check_errno(mount("", netns_dir.c_str(), "none", MS_SHARED | MS_REC, nullptr),
                "share " + netns_dir);
}

FileDescriptor open_netns(const std::string &path) {
    return FileDescriptor(check_errno(open(path.c_str(), O_RDONLY | O_CLOEXEC), path));
}

/** Makes the namespace in a thread of its own: the caller's is not touched, whatever fails. */
void create_namespace(const std::string &path) {
    std::exception_ptr failure;
    std::thread([&] {
        try {
            check_errno(unshare(CLONE_NEWNET), "unshare a network namespace");
            check_errno(mount(own_netns.c_str(), path.c_str(), "none", MS_BIND, nullptr),
                        "bind " + path);
        } catch (...) {
            failure = std::current_exception();
        }
    }).join();
    if (failure)
        std::rethrow_exception(failure);
}

/** Asks for a device's flags; returns the socket, to change them. */
FileDescriptor read_flags(const std::string &device, ifreq &request) {
    FileDescriptor socket(check_errno(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
    device.copy(request.ifr_name, IFNAMSIZ - 1);
    check_errno(ioctl(socket.get(), SIOCGIFFLAGS, &request), "flags of " + device);
    return socket;
}

}  // namespace

NetNs::NetNs(const std::string &label) : name_(unique_name(label)) {
    prepare_netns_dir();
    const std::string path = netns_dir + "/" + name_;
    FileDescriptor(check_errno(open(path.c_str(), O_RDONLY | O_CREAT | O_EXCL, 0444), path));
    try {
        create_namespace(path);
        fd_ = open_netns(path);
    } catch (...) {
        unlink(path.c_str());
        throw;
    }
    set_up("lo");
}

NetNs::~NetNs() {
    const std::string path = netns_dir + "/" + name_;
    umount2(path.c_str(), MNT_DETACH);
    unlink(path.c_str());
}

NetNs::Entered::Entered(const NetNs &netns) : previous_(open_netns(own_netns)) {
    check_errno(setns(netns.fd(), CLONE_NEWNET), "enter " + netns.name());
}

NetNs::Entered::~Entered() {
    // A test that went on in the wrong namespace would tell lies.
    if (setns(previous_.get(), CLONE_NEWNET) != 0) {
        std::perror("cannot leave a network namespace");
        std::abort();
    }
}

CommandResult NetNs::exec(const std::vector<std::string> &argv,
                          const CommandOptions &options) const {
    return run([&] { return run_command(argv, options); });
}

std::string NetNs::require(const std::vector<std::string> &argv,
                           const CommandOptions &options) const {
    return run([&] { return require_command(argv, options); });
}

void NetNs::ip(const std::string &batch) const {
    require({"ip", "-batch", "-"}, {.input = batch + "\n"});
}

void NetNs::set_up(const std::string &device) const {
    run([&] {
        ifreq request{};
        const FileDescriptor socket = read_flags(device, request);
        request.ifr_flags |= IFF_UP;
        check_errno(ioctl(socket.get(), SIOCSIFFLAGS, &request), "set " + device + " up");
    });
}

bool NetNs::is_running(const std::string &device) const {
    return run([&] {
        ifreq request{};
        read_flags(device, request);
        return (request.ifr_flags & IFF_RUNNING) != 0;
    });
}

void NetNs::nft(const std::string &ruleset) const {
    require({"nft", "-f", "-"}, {.input = ruleset + "\n"});
}

void NetNs::sysctl(const std::string &key, const std::string &value) const {
    std::string path = "/proc/sys/" + key;
    std::replace(path.begin() + 10, path.end(), '.', '/');
    run([&] {
        std::ofstream file(path);
        if (!(file << value).flush())
            throw std::runtime_error("cannot write " + path);
    });
}

unsigned NetNs::interface_index(const std::string &device) const {
    const unsigned index = run([&] { return if_nametoindex(device.c_str()); });
    if (index == 0)
        throw std::runtime_error("no device " + device + " in " + name_);
    return index;
}

}  // namespace rmirror::vm
