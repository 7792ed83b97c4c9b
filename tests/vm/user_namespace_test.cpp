// SPDX-License-Identifier: GPL-2.0-only
//
// An ordinary user in namespaces of his own, as rootless containers have them: who may load a rule
// may read its counters, nobody else may, and what a rule takes of memory is his.
#include <gtest/gtest.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/rmirror.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "vm/support/command.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/rule.hpp"
#include "vm/support/udp.hpp"

namespace rmirror::vm {
namespace {

std::vector<std::string> as_nobody(const std::vector<std::string> &argv) {
    std::vector<std::string> all = {"setpriv", "--reuid", "65534",
                                    "--regid", "65534",   "--clear-groups"};
    all.insert(all.end(), argv.begin(), argv.end());
    return all;
}

class UserNamespace : public ::testing::TestWithParam<const char *> {};

// The network namespace is made together with the user namespace, or in it.
TEST_P(UserNamespace, ReadsItsCounters) {
    require_command({"modprobe", "nft_rmirror"});
    const std::string unshare = GetParam();
    const auto inside = [&](const std::string &script) {
        return run_command(as_nobody({"sh", "-c", "exec " + unshare + " sh"}), {.input = script});
    };
    if (inside("true").status != 0)
        GTEST_SKIP() << "this kernel gives an ordinary user no namespaces";
    const CommandResult result = inside(
        "set -e\nip link set lo up\n"
        "nft 'add table ip t; add chain ip t c { type filter hook input priority 0; };"
        " add rule ip t c rmirror to 10.0.0.5'\n"
        "ping -qc1 127.0.0.1 >/dev/null\n"
        "cat /proc/net/rmirror\n");
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_NE(result.out.find("10.0.0.5 "), std::string::npos) << result.out;
}

INSTANTIATE_TEST_SUITE_P(Made, UserNamespace,
                         ::testing::Values("unshare -Urn", "unshare -Ur unshare -n"),
                         [](const auto &how) {
                             return how.index == 0 ? "WithTheNetwork" : "BeforeTheNetwork";
                         });

TEST(UserNamespaceOfOthers, CannotReadThem) {
    const NetNs netns;
    netns.nft(ruleset(hook("inet input"), "rmirror to 10.0.0.5"));
    ASSERT_EQ(read_counters(netns).size(), 1U);
    const CommandResult result = netns.exec(as_nobody({"cat", "/proc/net/rmirror"}));
    EXPECT_NE(result.status, 0);
    EXPECT_EQ(result.out, "");
}

// A memory cgroup that this process is in
class MemoryCgroup {
public:
    MemoryCgroup() {
        mkdir(root, 0755);
        mounted_ = mount("none", root, "cgroup2", 0, nullptr) == 0;
        std::ofstream("/run/rmirror-cgroup/cgroup.subtree_control") << "+memory" << std::flush;
        mkdir(group, 0755);
        std::ofstream procs("/run/rmirror-cgroup/test/cgroup.procs");
        procs << 0 << std::flush;
    }
    MemoryCgroup(const MemoryCgroup &) = delete;
    MemoryCgroup &operator=(const MemoryCgroup &) = delete;
    ~MemoryCgroup() {
        std::ofstream("/run/rmirror-cgroup/cgroup.procs") << 0 << std::flush;
        rmdir(group);
        if (mounted_)
            umount2(root, MNT_DETACH);
    }

    bool works() const { return std::ifstream(current).good(); }
    /** kB that are charged */
    long charged() const {
        long bytes = 0;
        std::ifstream(current) >> bytes;
        return bytes / 1024;
    }

private:
    static constexpr const char *root = "/run/rmirror-cgroup";
    static constexpr const char *group = "/run/rmirror-cgroup/test";
    static constexpr const char *current = "/run/rmirror-cgroup/test/memory.current";
    bool mounted_ = false;
};

// kB of memory of processors and in slabs
long taken() {
    std::ifstream file("/proc/meminfo");
    long sum = 0;
    for (std::string name, rest; file >> name; std::getline(file, rest)) {
        long value = 0;
        if (name == "Percpu:" || name == "Slab:")
            file >> value;
        sum += value;
    }
    return sum;
}

// Packets name more collectors than anyone has. What is remembered of them has a bound, or is
// charged to whom it is due.
TEST(RegisterMemory, IsBounded) {
    constexpr int rules = 50;
    constexpr unsigned collectors = 1100;
    const MemoryCgroup cgroup;
    if (!cgroup.works())
        GTEST_SKIP() << "this kernel has no memory cgroups";
    if (run_command({"modprobe", "dummy"}).status != 0)
        GTEST_SKIP() << "this kernel has no dummy";
    const NetNs netns;
    netns.ip("link add d0 type dummy\nlink set d0 up\naddr add 10.77.0.1/16 dev d0\n");
    netns.nft("table inet t { chain c { type filter hook output priority 0; }; }");
    const auto send = [&netns](unsigned i) {
        send_udp(netns, "10.77." + std::to_string(i >> 8U) + "." + std::to_string(i & 0xffU), 9,
                 test::Bytes(1, 1));
    };
    const Expression target = {"payload",
                               {number(NFTA_PAYLOAD_DREG, NFT_REG_1),
                                number(NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER),
                                number(NFTA_PAYLOAD_OFFSET, 16), number(NFTA_PAYLOAD_LEN, 4)}};
    const Expression mirror = {
        "rmirror",
        {number(NFTA_RMIRROR_SREG_ADDR, NFT_REG_1), number(NFTA_RMIRROR_FAMILY, NFPROTO_IPV4)}};
    for (int i = 0; i < rules; i++)
        ASSERT_EQ(append_rule(netns, "t", "c", {target, mirror}), 0);
    // What traffic takes without any new collector has been taken then.
    for (unsigned i = 0; i < 10; i++)
        send(2);
    const long taken_before = taken();
    const long charged_before = cgroup.charged();
    for (unsigned i = 2; i < collectors; i++)
        send(i);
    const long more = taken() - taken_before;
    const long charged = cgroup.charged() - charged_before;
    EXPECT_TRUE(more < 2048 || charged >= more * 3 / 4)
        << more << " kB more, " << charged << " of them charged";
    std::uint64_t matched = 0;
    for (const Counters &counters : read_counters(netns))
        matched += counters["matched"];
    EXPECT_GE(matched, std::uint64_t{rules} * (10 + collectors - 2));
}

}  // namespace
}  // namespace rmirror::vm
