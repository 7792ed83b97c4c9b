// SPDX-License-Identifier: GPL-2.0-only
//
// The program in a network namespace of this machine: real sockets, devices, files and signals.
// Copies are the golden ones, and some of the kernel's own making.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <jansson.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <thread>

#include "support/golden_packet.hpp"
#include "support/hexdump.hpp"
#include "support/packet_builder.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/collector.hpp"
#include "vm/support/topology.hpp"

namespace rmirror::vm {
namespace {

using test::Bytes;
using test::ByteView;

// An outer packet on the wire to the collector
Bytes on_the_wire(Bytes packet) {
    const bool ipv4 = packet[0] >> 4 == 4;
    if (ipv4) {
        packet[10] = packet[11] = 0;
        const std::uint16_t sum = test::internet_checksum(ByteView(packet).first(20));
        packet[10] = static_cast<std::uint8_t>(sum >> 8);
        packet[11] = static_cast<std::uint8_t>(sum);
    }
    return test::PacketBuilder()
        .eth(Topology::mon_mac, Topology::collector_mac, ipv4 ? 0x0800 : 0x86dd)
        .payload(packet)
        .build();
}

Bytes inner_frame(std::size_t size = 100) {
    return test::PacketBuilder()
        .eth(Topology::sender_mac, Topology::lan_mac)
        .ipv4({.source = Topology::sender_ipv4, .destination = Topology::lan_ipv4})
        .udp(1000, 9)
        .payload(size)
        .build();
}

Bytes gre_copy(const test::GreFields &gre, const Bytes &frame = inner_frame()) {
    return on_the_wire(
        test::PacketBuilder()
            .ipv4({.source = Topology::mon_ipv4, .destination = Topology::collector_ipv4})
            .gre(gre)
            .payload(frame)
            .build());
}

Bytes vxlan_copy(bool ipv6) {
    test::PacketBuilder builder;
    if (ipv6)
        builder.ipv6({.source = Topology::mon_ipv6, .destination = Topology::collector_ipv6})
            .udp(50000, 4789);
    else
        builder.ipv4({.source = Topology::mon_ipv4, .destination = Topology::collector_ipv4})
            .udp_without_checksum(50000, 4789);
    return on_the_wire(
        builder.payload(test::from_hex("08000000 00002a00")).payload(inner_frame()).build());
}

class CollectorNetns : public TopologyTest {
protected:
    void send(const Bytes &frame, int count = 1) {
        Injector injector(net_.router, "mon");
        for (int i = 0; i < count; i++)
            injector.send(frame);
    }
    CommandResult run(const std::vector<std::string> &options) {
        std::vector<std::string> words{rmirror_program(), "collector"};
        words.insert(words.end(), options.begin(), options.end());
        return net_.collector.exec(words);
    }
};

TEST_F(CollectorNetns, EveryGoldenCopyIsAPacketOfTheFile) {
    const TemporaryFile file(".pcapng");
    CollectorProcess collector(net_.collector, {"--pcapng", file.path()});
    std::vector<test::GoldenPacket> sent;
    for (const test::GoldenPacket &golden : test::read_golden_packets()) {
        if (golden.statement.find(" port ") != std::string::npos)
            continue;
        send(on_the_wire(test::fill(golden.copy, {})));
        sent.push_back(golden);
    }
    const CommandResult end = collector.stop(SIGINT);
    ASSERT_EQ(end.status, 0) << end.err;
    std::vector<CapturedPacket> packets = read_pcapng(file.path());
    ASSERT_EQ(packets.size(), sent.size());
    // IPv4 and IPv6 have rings of their own: between them there is no order.
    const auto take = [&packets](bool ipv6) {
        for (auto packet = packets.begin(); packet != packets.end(); ++packet)
            if ((packet->interface.find(':') != std::string::npos) == ipv6) {
                const CapturedPacket taken = *packet;
                packets.erase(packet);
                return taken;
            }
        return CapturedPacket{};
    };
    for (const test::GoldenPacket &golden : sent) {
        const Bytes frame = test::fill(golden.send, {});
        const CapturedPacket packet =
            take(golden.statement.find(" to fd00::5") != std::string::npos);
        ASSERT_LE(packet.bytes.size(), frame.size()) << golden.name;
        EXPECT_TRUE(test::same_bytes(ByteView(frame).first(packet.bytes.size()), packet.bytes))
            << golden.name;
        if (packet.bytes.size() > 20) {
            EXPECT_EQ(packet.length, frame.size()) << golden.name;
        }
        const bool told = golden.statement.find("erspan3") != std::string::npos ||
                          golden.statement.find("metadata") != std::string::npos;
        EXPECT_EQ(packet.direction.empty(), !told) << golden.name << packet.direction;
    }
}

TEST_F(CollectorNetns, FramesComeOutOfTheTap) {
    CollectorProcess collector(net_.collector, {"--tap", "mirror0"});
    const std::string device = net_.collector.require({"ip", "link", "show", "mirror0"});
    EXPECT_NE(device.find("NOARP,UP"), std::string::npos) << device;
    EXPECT_NE(device.find("mtu 9000"), std::string::npos) << device;
    EXPECT_EQ(net_.collector.require({"ip", "-6", "addr", "show", "mirror0"}), "");
    Capture capture(net_.collector, "mirror0");
    send(gre_copy({.key = 7}));
    send(vxlan_copy(true));
    const std::vector<Frame> frames = capture.wait_for(2, has_ip_protocol(17));
    ASSERT_EQ(frames.size(), 2U);
    for (const Frame &frame : frames)
        EXPECT_TRUE(test::same_bytes(inner_frame(), frame.bytes));
    EXPECT_EQ(collector.stop(SIGTERM).status, 0);
    EXPECT_NE(net_.collector.exec({"ip", "link", "show", "mirror0"}).status, 0);
}

TEST_F(CollectorNetns, ATapThatIsThereStays) {
    net_.collector.require({"ip", "tuntap", "add", "mirror0", "mode", "tap"});
    CollectorProcess collector(net_.collector, {"--tap", "mirror0"});
    EXPECT_EQ(collector.stop(SIGTERM).status, 0);
    EXPECT_EQ(net_.collector.exec({"ip", "link", "show", "mirror0"}).status, 0);
    const CommandResult other = run({"--tap", "eth0"});
    EXPECT_EQ(other.status, 1);
    EXPECT_EQ(other.err, "rmirror collector: eth0 is there already and is no tap device\n");
}

// Without the collector the kernel answers, or the test would show nothing.
TEST_F(CollectorNetns, KernelAnswersNoCopy) {
    const auto answers = [this] {
        Capture capture(net_.router, "mon");
        send(gre_copy({}));
        send(vxlan_copy(false));
        send(vxlan_copy(true));
        return capture.collect(
            [](const Frame &frame) {
                return has_ip_protocol(IPPROTO_ICMP)(frame) ||
                       has_ip_protocol(IPPROTO_ICMPV6)(frame);
            },
            std::chrono::milliseconds(500));
    };
    for (const char *key : {"net.ipv4.icmp_ratelimit", "net.ipv6.icmp.ratelimit"})
        net_.collector.sysctl(key, "0");
    EXPECT_EQ(answers().size(), 3U);
    CollectorProcess collector(net_.collector, {"--stats"});
    EXPECT_EQ(answers().size(), 0U);
    EXPECT_EQ(collector.stop(SIGTERM).status, 0);
}

void send_udp(const NetNs &netns, bool ipv6, const Bytes &payload) {
    netns.run([&] {
        const FileDescriptor socket(::socket(ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0));
        sockaddr_in to4{};
        to4.sin_family = AF_INET;
        to4.sin_port = htons(4789);
        std::copy_n(Topology::collector_ipv4.data(), 4,
                    reinterpret_cast<std::uint8_t *>(&to4.sin_addr));
        sockaddr_in6 to6{};
        to6.sin6_family = AF_INET6;
        to6.sin6_port = htons(4789);
        std::copy_n(Topology::collector_ipv6.data(), 16, to6.sin6_addr.s6_addr);
        const auto *to = ipv6 ? reinterpret_cast<const sockaddr *>(&to6)
                              : reinterpret_cast<const sockaddr *>(&to4);
        check_errno(static_cast<int>(sendto(socket.get(), payload.data(), payload.size(), 0, to,
                                            ipv6 ? sizeof to6 : sizeof to4)),
                    "sendto");
    });
}

// The kernel of the other end fragments what does not fit.
TEST_F(CollectorNetns, FragmentsBecomeOneFrame) {
    const TemporaryFile file(".pcapng");
    CollectorProcess collector(net_.collector, {"--encap", "vxlan", "--pcapng", file.path()});
    const Bytes frame = inner_frame(4000);
    Bytes payload = test::from_hex("08000000 00002a00");
    payload.insert(payload.end(), frame.begin(), frame.end());
    send_udp(net_.router, false, payload);
    send_udp(net_.router, true, payload);
    const CommandResult end = collector.stop(SIGTERM);
    EXPECT_NE(end.out.find("6 fragments made 2 packets\n"), std::string::npos) << end.out;
    const std::vector<CapturedPacket> packets = read_pcapng(file.path());
    ASSERT_EQ(packets.size(), 2U);
    for (const CapturedPacket &packet : packets)
        EXPECT_TRUE(test::same_bytes(frame, packet.bytes));
}

TEST_F(CollectorNetns, TotalsTellWhatCameAndWhatDidNot) {
    CollectorProcess collector(net_.collector, {"--encap", "gre", "--key", "7"});
    for (const std::uint32_t number : {10U, 11U, 14U, 13U})
        send(gre_copy({.key = 7, .sequence = number}));
    send(gre_copy({.key = 8}), 2);
    EXPECT_TRUE(collector.says("gre key 8 arrives from 10.0.0.1, you asked for gre key 7"));
    const CommandResult end = collector.stop(SIGINT);
    EXPECT_EQ(end.status, 0);
    EXPECT_NE(end.out.find("4 packets, 568 B in "), std::string::npos) << end.out;
    EXPECT_NE(
        end.out.find("  10.0.0.1         gre key 7                         4 packets  568 B  "
                     "lost 1  reordered 1\n"
                     "not asked for:\n"
                     "  10.0.0.1         gre key 8                         2 packets  284 B\n"),
        std::string::npos)
        << end.out;
}

TEST_F(CollectorNetns, ALossIsInTheFile) {
    const TemporaryFile file(".pcapng");
    CollectorProcess collector(net_.collector, {"--pcapng", file.path()});
    for (const std::uint32_t number : {10U, 11U, 14U})
        send(gre_copy({.sequence = number}));
    collector.stop(SIGINT);
    const std::vector<CapturedPacket> packets = read_pcapng(file.path());
    ASSERT_EQ(packets.size(), 3U);
    EXPECT_EQ(packets[1].lost, "");
    EXPECT_EQ(packets[2].lost, "2");
    EXPECT_EQ(packets[2].interface, "10.0.0.1 gre");
}

struct FreeJson {
    void operator()(json_t *json) const { json_decref(json); }
};

TEST_F(CollectorNetns, JsonSaysTheSame) {
    CollectorProcess collector(net_.collector, {"--stats", "-j", "--from", "10.0.0.1"});
    send(gre_copy({.key = 7}), 3);
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    const CommandResult end = collector.stop(SIGINT);
    std::istringstream lines(end.out);
    unsigned ticks = 0;
    json_int_t packets = 0;
    for (std::string line; std::getline(lines, line);) {
        const std::unique_ptr<json_t, FreeJson> json(json_loads(line.c_str(), 0, nullptr));
        ASSERT_TRUE(json) << line;
        const json_t *totals = json_object_get(json.get(), "totals");
        if (totals == nullptr) {
            ticks++;
            EXPECT_TRUE(json_is_real(json_object_get(json.get(), "packets_per_second"))) << line;
            continue;
        }
        packets = json_integer_value(json_object_get(totals, "packets"));
        const json_t *stream = json_array_get(json_object_get(totals, "streams"), 0);
        EXPECT_STREQ(json_string_value(json_object_get(stream, "from")), "10.0.0.1");
        EXPECT_STREQ(json_string_value(json_object_get(stream, "encap")), "gre");
        EXPECT_EQ(json_integer_value(json_object_get(stream, "key")), 7);
    }
    EXPECT_GE(ticks, 1U);
    EXPECT_EQ(packets, 3);
}

TEST_F(CollectorNetns, PrivilegesAreGivenUp) {
    CollectorProcess collector(net_.collector, {"--tap", "mirror0"});
    std::ifstream status("/proc/" + std::to_string(collector.pid()) + "/status");
    const std::string text((std::istreambuf_iterator<char>(status)),
                           std::istreambuf_iterator<char>());
    for (const char *line :
         {"CapPrm:\t0000000000000000\n", "CapEff:\t0000000000000000\n", "NoNewPrivs:\t1\n"})
        EXPECT_NE(text.find(line), std::string::npos) << line << text;
    // It works all the same.
    Capture capture(net_.collector, "mirror0");
    send(gre_copy({}));
    EXPECT_EQ(capture.wait_for(1, has_ip_protocol(17)).size(), 1U);
}

struct Pipe {
    Pipe() {
        int ends[2];
        check_errno(pipe(ends), "pipe");
        read = FileDescriptor(ends[0]);
        write = FileDescriptor(ends[1]);
        fcntl(read.get(), F_SETFD, FD_CLOEXEC);
    }
    FileDescriptor read;
    FileDescriptor write;
};

// As to Wireshark: what has come goes out at once, and when the reader goes, so does the collector.
TEST_F(CollectorNetns, WritesIntoAPipe) {
    Pipe pipe;
    CollectorProcess collector(net_.collector, {"--pcapng", "-"}, pipe.write.get());
    pipe.write.reset();
    send(gre_copy({.key = 7}));
    Bytes got;
    std::uint8_t buffer[4096];
    while (got.size() < 200) {
        const ssize_t size = read(pipe.read.get(), buffer, sizeof buffer);
        ASSERT_GT(size, 0);
        got.insert(got.end(), buffer, buffer + size);
    }
    const Bytes frame = inner_frame();
    EXPECT_NE(std::search(got.begin(), got.end(), frame.begin(), frame.end()), got.end());
    pipe.read.reset();
    send(gre_copy({.key = 7}));
    const CommandResult end = collector.stop(0);
    EXPECT_EQ(end.status, 0) << end.err;
    EXPECT_NE(end.err.find("2 packets, "), std::string::npos) << end.err;
}

TEST_F(CollectorNetns, AReaderThatDoesNotReadIsLeftAlone) {
    Pipe pipe;
    CollectorProcess collector(net_.collector, {"--pcapng", "-"}, pipe.write.get());
    pipe.write.reset();
    send(gre_copy({}, inner_frame(1200)), 200);
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    const auto begin = std::chrono::steady_clock::now();
    const CommandResult end = collector.stop(SIGTERM);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
    EXPECT_EQ(end.status, 1);
    EXPECT_NE(end.err.find("the standard output: its reader does not read"), std::string::npos)
        << end.err;
}

TEST_F(CollectorNetns, FilesRotate) {
    const std::filesystem::path directory =
        std::filesystem::temp_directory_path() / ("rmirror-rotate-" + std::to_string(getpid()));
    std::filesystem::create_directory(directory);
    CollectorProcess collector(net_.collector, {"--pcapng", (directory / "a.pcapng").string(),
                                                "--rotate-size", "1", "--files", "2"});
    constexpr std::uint32_t count = 3000;
    Injector injector(net_.router, "mon");
    for (std::uint32_t number = 0; number < count; number++)
        injector.send(gre_copy({.sequence = number}, inner_frame(1000)));
    const CommandResult end = collector.stop(SIGTERM);
    EXPECT_EQ(end.status, 0) << end.err;
    EXPECT_NE(end.out.find("3000 packets"), std::string::npos) << end.out;
    std::vector<std::string> names;
    std::size_t packets = 0;
    for (const auto &entry : std::filesystem::directory_iterator(directory)) {
        names.push_back(entry.path().filename().string());
        EXPECT_LE(entry.file_size(), std::size_t{1} << 20);
        packets += read_pcapng(entry.path().string()).size();
    }
    std::sort(names.begin(), names.end());
    EXPECT_EQ(names, (std::vector<std::string>{"a-00003.pcapng", "a-00004.pcapng"}));
    // Frames of 1042 bytes and what surrounds them: 963 fit into a file.
    EXPECT_GT(packets, 963U);
    EXPECT_LT(packets, 2U * 1000);
    std::filesystem::remove_all(directory);
}

TEST_F(CollectorNetns, BarePacketsAreThoseForOthers) {
    const TemporaryFile file(".pcapng");
    CollectorProcess collector(net_.collector, {"--encap", "none", "--device", "eth0", "--pcapng",
                                                file.path(), "--count", "2"});
    const auto packet = [](const test::Ipv4Address &to) {
        return test::PacketBuilder()
            .eth(Topology::mon_mac, Topology::collector_mac)
            .ipv4({.source = Topology::sender_ipv4, .destination = to})
            .udp(1000, 9)
            .payload(50)
            .build();
    };
    send(packet(Topology::collector_ipv4));
    send(packet(test::ipv4("192.0.2.9")), 2);
    const CommandResult end = collector.stop(0);  // by the count
    EXPECT_EQ(end.status, 0);
    const std::vector<CapturedPacket> packets = read_pcapng(file.path());
    ASSERT_EQ(packets.size(), 2U);
    const Bytes sent = packet(test::ipv4("192.0.2.9"));
    EXPECT_TRUE(test::same_bytes(ByteView(sent).subspan(14), packets[1].bytes));
    EXPECT_EQ(packets[0].interface, "- none");
}

TEST_F(CollectorNetns, SaysWhyItCannot) {
    const CommandResult device = run({"--device", "nosuch0"});
    EXPECT_EQ(device.status, 1);
    EXPECT_EQ(device.err, "rmirror collector: there is no device nosuch0\n");
    const CommandResult file = run({"--pcapng", "/nowhere/a.pcapng"});
    EXPECT_EQ(file.status, 1);
    EXPECT_EQ(file.err,
              "rmirror collector: cannot write /nowhere/a.pcapng: No such file or directory\n");
    const CommandResult usage = run({"--encap", "gree"});
    EXPECT_EQ(usage.status, 2);
    EXPECT_TRUE(
        usage.err.starts_with("rmirror collector: invalid --encap 'gree', expected one of "));
    const CommandResult user =
        net_.collector.exec({"setpriv", "--reuid=65534", "--clear-groups", "--inh-caps=-all",
                             rmirror_program(), "collector"});
    EXPECT_EQ(user.status, 1);
    EXPECT_TRUE(user.err.starts_with("rmirror collector: receiving needs root, or CAP_NET_RAW: "))
        << user.err;
}

TEST_F(CollectorNetns, AFullDiskEndsIt) {
    const CommandResult end = run({"--pcapng", "/dev/full"});
    EXPECT_EQ(end.status, 1);
    EXPECT_EQ(end.err, "rmirror collector: cannot write /dev/full: No space left on device\n");
}

TEST_F(CollectorNetns, ADeviceThatGoesEndsIt) {
    net_.collector.ip("link add d0 type veth peer name d1\nlink set d0 up\n");
    CollectorProcess collector(net_.collector, {"--device", "d0"});
    net_.collector.ip("link del d0\n");
    const CommandResult end = collector.stop(0);
    EXPECT_EQ(end.status, 1);
    EXPECT_NE(end.err.find("the device d0 is gone"), std::string::npos) << end.err;
}

TEST_F(CollectorNetns, SetupMakesAndTakesADevice) {
    const std::vector<std::string> words{"setup", "--encap", "vxlan",   "--key",
                                         "42",    "--local", "10.0.0.5"};
    const auto with = [&words](const char *last) {
        std::vector<std::string> all = words;
        all.emplace_back(last);
        return all;
    };
    const CommandResult printed = run(words);
    EXPECT_EQ(printed.status, 0);
    EXPECT_EQ(run(with("--down")).err, "rmirror collector setup: there is no device mirror0\n");
    const CommandResult up = run(with("--up"));
    ASSERT_EQ(up.status, 0) << up.err;
    // What is printed is what was done.
    std::istringstream lines(up.out);
    for (std::string line; std::getline(lines, line);)
        EXPECT_NE(printed.out.find(line + '\n'), std::string::npos) << line;
    Capture capture(net_.collector, "mirror0");
    send(vxlan_copy(false));
    const std::vector<Frame> frames = capture.wait_for(1, has_ip_protocol(17));
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_TRUE(test::same_bytes(inner_frame(), frames[0].bytes));
    EXPECT_TRUE(
        run(with("--up")).err.starts_with("rmirror collector setup: mirror0 is there already"));
    EXPECT_EQ(run(with("--down")).status, 0);
    EXPECT_NE(net_.collector.exec({"ip", "link", "show", "mirror0"}).status, 0);

    net_.collector.ip("link add mirror0 type veth peer name d1\n");
    const CommandResult foreign = run(with("--down"));
    EXPECT_EQ(foreign.status, 1);
    EXPECT_EQ(foreign.err, "rmirror collector setup: mirror0 was not made by --up: it stays\n");
    EXPECT_EQ(net_.collector.exec({"ip", "link", "show", "mirror0"}).status, 0);
}

}  // namespace
}  // namespace rmirror::vm
