// SPDX-License-Identifier: GPL-2.0-only
#include "session.hpp"

#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <ctime>

#include "privileges.hpp"

namespace rmirror::collector {

namespace {

constexpr std::uint64_t second_ns = 1'000'000'000;
// Between two looks at signals and the clock
constexpr unsigned blocks_at_once = 8;

std::atomic<bool> stopping{false};
int wake_up = -1;

extern "C" void stop(int /*signal*/) {
    const int saved = errno;
    const std::uint64_t one = 1;
    stopping.store(true);
    // The counter of an eventfd is full after 2^64 signals.
    if (write(wake_up, &one, sizeof one) < 0)
        stopping.store(true);
    errno = saved;
}

// Without SA_RESTART: a write into a pipe that nobody reads ends.
std::optional<Error> take_signals() {
    wake_up = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake_up < 0)
        return system_error("cannot make an eventfd");
    struct sigaction action {};
    action.sa_handler = stop;
    for (const int signal : {SIGINT, SIGTERM, SIGHUP})
        sigaction(signal, &action, nullptr);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, nullptr);
    return std::nullopt;
}

std::uint64_t now() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * second_ns +
           static_cast<std::uint64_t>(time.tv_nsec);
}

std::vector<Address> local_addresses() {
    std::vector<Address> addresses;
    ifaddrs *list = nullptr;
    if (getifaddrs(&list) != 0)
        return addresses;
    for (const ifaddrs *one = list; one != nullptr; one = one->ifa_next) {
        if (one->ifa_addr == nullptr)
            continue;
        std::optional<Address> address;
        if (one->ifa_addr->sa_family == AF_INET) {
            const auto *in = reinterpret_cast<const sockaddr_in *>(one->ifa_addr);
            address =
                Address::from_bytes({reinterpret_cast<const std::uint8_t *>(&in->sin_addr), 4U});
        } else if (one->ifa_addr->sa_family == AF_INET6) {
            const auto *in = reinterpret_cast<const sockaddr_in6 *>(one->ifa_addr);
            address = Address::from_bytes({in->sin6_addr.s6_addr, 16U});
        }
        if (address)
            addresses.push_back(*address);
    }
    freeifaddrs(list);
    return addresses;
}

ReceiverOptions receiver_options(const Options &options) {
    ReceiverOptions result;
    result.wanted = options.wanted;
    result.ports = options.ports;
    result.sender_time = options.sender_time;
    result.most_frames = options.count;
    result.bare = options.wanted.encap == RMIRROR_ENCAP_NONE;
    if (result.bare)
        result.local = local_addresses();
    return result;
}

}  // namespace

void Session::say(const std::string &text) const {
    const bool pipe = options_.file && options_.file->path == "-";
    std::FILE *out = pipe ? stderr : stdout;
    std::fputs(text.c_str(), out);
    std::fflush(out);
}

std::optional<Error> Session::open() {
    if (options_.file && options_.file->path == "-" && isatty(STDOUT_FILENO))
        return Error{"--pcapng - writes to a pipe, not to a terminal: .. | wireshark -k -i -", {}};
    auto error = take_signals();
    if (!error)
        error = open_rings();
    if (!error)
        error = open_sinks();
    if (error)
        return error;
    open_quiet();
    error = drop_privileges();
    if (!error)
        error = check_directory();
    return error;
}

// Only for what is asked for: another port may be somebody else's.
void Session::open_quiet() {
    const auto &encap = options_.wanted.encap;
    if (encap == RMIRROR_ENCAP_NONE)
        return;
    Ports ports = options_.ports;
    for (unsigned i = 0; i < ports.size(); i++)
        if (encap && *encap != i)
            ports[i] = 0;
    quiet_.open(!encap || default_ports()[*encap] == 0, ports);
}

std::optional<Error> Session::open_rings() {
    const bool bare = options_.wanted.encap == RMIRROR_ENCAP_NONE;
    constexpr std::uint16_t protocols[] = {ETH_P_IP, ETH_P_IPV6};
    for (const std::uint16_t protocol : protocols) {
        Ring::Options ring{.protocol = protocol, .device = options_.device, .filter = {}};
        ring.bytes = static_cast<std::size_t>(options_.buffer_mib << 20);
        if (bare)
            ring.filter = every_packet();
        else
            ring.filter =
                protocol == ETH_P_IP ? ipv4_filter(options_.ports) : ipv6_filter(options_.ports);
        auto opened = Ring::open(ring);
        if (!opened)
            return opened.error();
        rings_.push_back(std::move(*opened));
    }
    return std::nullopt;
}

std::optional<Error> Session::open_sinks() {
    if (!options_.tap.empty()) {
        auto tap = TapSink::open(options_.tap);
        if (!tap)
            return tap.error();
        tap_ = std::move(*tap);
        sinks_.push_back(tap_.get());
    }
    if (options_.file) {
        auto file = FileSink::open(*options_.file, &stopping);
        if (!file)
            return file.error();
        file_ = std::move(*file);
        sinks_.push_back(file_.get());
    }
    receiver_ =
        std::make_unique<Receiver>(receiver_options(options_), sinks_, [](const std::string &text) {
            std::fprintf(stderr, "rmirror collector: %s\n", text.c_str());
        });
    receiver_->tell_of_probes([this](const ProbeCopy &probe) {
        const std::string line = probe_line(probe, options_.json);
        if (options_.json)
            say(line);
        else
            std::fprintf(stderr, "rmirror collector: %s\n", line.c_str());
    });
    return std::nullopt;
}

// Later files are made without privileges: better to know now.
std::optional<Error> Session::check_directory() const {
    if (!options_.file || !options_.file->rotates())
        return std::nullopt;
    const std::string &path = options_.file->path;
    const std::size_t slash = path.rfind('/');
    const std::string directory =
        slash == std::string::npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
    if (faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) == 0)
        return std::nullopt;
    return system_error("no later file can be made in " + directory + " without privileges");
}

bool Session::goes_on() const {
    if (stopping.load() || receiver_->finished())
        return false;
    for (const Sink *sink : sinks_)
        if (sink->error() || sink->ended())
            return false;
    return true;
}

std::optional<Error> Session::sink_error() const {
    for (const Sink *sink : sinks_)
        if (sink->error())
            return sink->error();
    return std::nullopt;
}

// Until something has come, or a second is over.
void Session::wait() const {
    std::vector<pollfd> fds{{.fd = wake_up, .events = POLLIN, .revents = 0}};
    for (const auto &ring : rings_)
        fds.push_back({.fd = ring->fd(), .events = POLLIN, .revents = 0});
    const std::uint64_t since = now() - last_tick_ns_;
    const int milliseconds =
        since >= second_ns ? 0 : static_cast<int>((second_ns - since) / 1'000'000) + 1;
    if (poll(fds.data(), fds.size(), milliseconds) <= 0)
        return;
    // A device that goes down says so; reading it is all: the socket waits for it to come back.
    for (std::size_t i = 0; i < rings_.size(); i++) {
        int error = 0;
        socklen_t size = sizeof error;
        if ((fds[i + 1].revents & POLLERR) != 0)
            getsockopt(rings_[i]->fd(), SOL_SOCKET, SO_ERROR, &error, &size);
    }
}

// The sockets are not those of a later device of the same name.
std::optional<Error> Session::check_device() const {
    if (options_.device.empty() || if_nametoindex(options_.device.c_str()) == device_)
        return std::nullopt;
    return Error{"the device " + options_.device + " is gone", {}};
}

std::optional<Error> Session::run() {
    begun_ns_ = last_tick_ns_ = now();
    device_ = if_nametoindex(options_.device.c_str());
    std::fprintf(stderr, "rmirror collector: receiving %s, Ctrl-C ends\n",
                 options_.wanted.to_text().c_str());
    std::optional<Error> error;
    while (goes_on() && !error) {
        wait();
        bool quiet = true;
        for (const auto &ring : rings_)
            quiet = ring->read(*receiver_, blocks_at_once) < blocks_at_once && quiet;
        if (quiet)
            for (Sink *sink : sinks_)
                sink->idle();
        if (is_second_over()) {
            tick();
            error = check_device();
        }
    }
    finish();
    return error ? error : sink_error();
}

bool Session::is_second_over() const {
    return now() - last_tick_ns_ >= second_ns;
}

void Session::tick() {
    const std::uint64_t time = now();
    const double passed = static_cast<double>(time - last_tick_ns_) / 1e9;
    last_tick_ns_ = time;
    if (options_.stats)
        say(ticker_.line(*receiver_, drops(), passed, options_.json));
}

// What came before the signal: the kernel gives blocks that are not full after a delay. Not more
// than is in the rings, for more may come as fast.
void Session::drain() {
    usleep(3 * Ring::delay_ms * 1000);
    for (const auto &ring : rings_)
        ring->read(*receiver_, ring->block_count());
}

void Session::finish() {
    const double time = seconds();
    drain();
    receiver_->finish();
    const Drops dropped = drops();
    for (Sink *sink : sinks_)
        sink->finish(receiver_->streams(), dropped.kernel);
    say(totals(*receiver_, dropped, time, options_.json));
}

Drops Session::drops() {
    Drops drops;
    for (const auto &ring : rings_)
        drops.kernel += ring->drops();
    if (tap_)
        drops.tap = tap_->drops();
    return drops;
}

double Session::seconds() const {
    return static_cast<double>(now() - begun_ns_) / 1e9;
}

}  // namespace rmirror::collector
