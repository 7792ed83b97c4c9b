// SPDX-License-Identifier: GPL-2.0-only
#include "options.hpp"

#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <memory>

#include "words.hpp"

namespace rmirror::collector {

namespace {

constexpr std::uint64_t most_buffer_mib = 4095;
constexpr std::uint64_t most_mib = 1U << 20;
constexpr std::uint64_t most_files = 99999;
constexpr std::uint64_t any_number = ~std::uint64_t{0};

struct FreeAddresses {
    void operator()(addrinfo *list) const { freeaddrinfo(list); }
};

// An address, or all addresses of a name
Result<std::vector<Address>> resolve(std::string_view host) {
    if (const auto address = Address::from_text(host))
        return std::vector<Address>{*address};
    addrinfo *list = nullptr;
    addrinfo hints{};
    hints.ai_socktype = SOCK_DGRAM;
    if (getaddrinfo(std::string(host).c_str(), nullptr, &hints, &list) != 0)
        return invalid("--from", host, "an IPv4 or IPv6 address, or a name that has one");
    const std::unique_ptr<addrinfo, FreeAddresses> owner(list);
    std::vector<Address> addresses;
    for (const addrinfo *one = list; one != nullptr; one = one->ai_next) {
        const void *bytes =
            one->ai_family == AF_INET
                ? static_cast<const void *>(
                      &reinterpret_cast<const sockaddr_in *>(one->ai_addr)->sin_addr)
                : &reinterpret_cast<const sockaddr_in6 *>(one->ai_addr)->sin6_addr;
        const auto address = Address::from_bytes(
            {static_cast<const std::uint8_t *>(bytes), one->ai_family == AF_INET ? 4U : 16U});
        if (address)
            addresses.push_back(*address);
    }
    return addresses;
}

// Stores what a reader returns.
template <typename Value, typename Target>
std::optional<Error> store(const Result<Value> &value, Target &target) {
    if (!value)
        return value.error();
    target = static_cast<Target>(*value);
    return std::nullopt;
}

struct Parse {
    Options options;
    FileOptions file;
    std::optional<std::uint64_t> key;
    std::optional<std::uint64_t> port;
    std::uint64_t rotate_mib = 0;

    std::optional<Error> number(const char *option, std::string_view value, std::uint64_t least,
                                std::uint64_t most, std::uint64_t &target) {
        return store(read_number(option, value, least, most), target);
    }
    std::optional<Error> encap(std::string_view value) {
        const auto encap = read_encap(value);
        if (!encap)
            return encap.error();
        options.wanted.encap = *encap;
        return std::nullopt;
    }
    std::optional<Error> optional_number(const char *option, std::string_view value,
                                         std::uint64_t least, std::uint64_t most,
                                         std::optional<std::uint64_t> &target) {
        std::uint64_t number = 0;
        auto error = store(read_number(option, value, least, most), number);
        target = number;
        return error;
    }
    std::optional<Error> time(std::string_view value) {
        if (value != "sender" && value != "arrival")
            return invalid("--time", value, "sender or arrival");
        options.sender_time = value == "sender";
        return std::nullopt;
    }
    static std::optional<Error> set(bool &flag) {
        flag = true;
        return std::nullopt;
    }
    std::optional<Error> read(std::span<const char *const> words);
    std::optional<Error> check();
    std::optional<Error> check_bare() const;
    std::optional<Error> check_file();
};

std::optional<Error> Parse::read(std::span<const char *const> words) {
    using View = std::string_view;
    const Word table[] = {
        {"--encap", "", true, [this](View v) { return encap(v); }},
        {"--key", "", true,
         [this](View v) { return optional_number("--key", v, 0, 0xffffffff, key); }},
        {"--port", "", true,
         [this](View v) { return optional_number("--port", v, 1, 65535, port); }},
        {"--from", "", true, [this](View v) { return store(resolve(v), options.wanted.from); }},
        {"--device", "", true,
         [this](View v) { return store(read_device("--device", v), options.device); }},
        {"--tap", "", true, [this](View v) { return store(read_device("--tap", v), options.tap); }},
        {"--pcapng", "", true,
         [this](View v) {
             file.path = v;
             return v.empty() ? std::optional(invalid("--pcapng", v, "a file, or - for a pipe"))
                              : std::nullopt;
         }},
        {"--rotate-size", "", true,
         [this](View v) { return number("--rotate-size", v, 1, most_mib, rotate_mib); }},
        {"--rotate-time", "", true,
         [this](View v) { return number("--rotate-time", v, 1, 31'536'000, file.rotate_seconds); }},
        {"--files", "", true,
         [this](View v) { return number("--files", v, 1, most_files, file.files); }},
        {"--buffer", "", true,
         [this](View v) { return number("--buffer", v, 1, most_buffer_mib, options.buffer_mib); }},
        {"--time", "", true, [this](View v) { return time(v); }},
        {"--count", "", true,
         [this](View v) { return number("--count", v, 1, any_number, options.count); }},
        {"--stats", "", false, [this](View) { return set(options.stats); }},
        {"--json", "-j", false, [this](View) { return set(options.json); }},
        {"--help", "-h", false, [this](View) { return set(options.help); }},
    };
    return read_words(words, table);
}

// The source of a bare copy is that of the packet, and what it is for nothing tells but the device.
std::optional<Error> Parse::check_bare() const {
    if (options.wanted.encap != RMIRROR_ENCAP_NONE)
        return std::nullopt;
    if (!options.wanted.from.empty())
        return Error{"--from has no meaning with encap none: the source is that of the packet", {}};
    if (options.device.empty())
        return Error{"--encap none needs --device: which device do the packets arrive on?", {}};
    return std::nullopt;
}

std::optional<Error> Parse::check_file() {
    file.rotate_bytes = rotate_mib << 20;
    if (file.rotates() && (file.path.empty() || file.path == "-"))
        return Error{"--rotate-size and --rotate-time need --pcapng with the name of a file", {}};
    if (file.files != 0 && !file.rotates())
        return Error{"--files needs --rotate-size or --rotate-time", {}};
    if (!file.path.empty())
        options.file = file;
    return std::nullopt;
}

std::optional<Error> Parse::check() {
    if (key)
        options.wanted.key = static_cast<std::uint32_t>(*key);
    std::optional<std::uint16_t> udp_port;
    if (port)
        udp_port = static_cast<std::uint16_t>(*port);
    auto error = check_key_and_port(options.wanted.encap, options.wanted.key, udp_port);
    if (!error)
        error = check_bare();
    if (!error)
        error = check_file();
    if (!error && udp_port)
        options.ports[*options.wanted.encap] = *udp_port;
    // Without a place for frames, numbers are what is left.
    if (options.tap.empty() && !options.file)
        options.stats = true;
    return error;
}

}  // namespace

Result<Options> parse_options(std::span<const char *const> words) {
    Parse parse;
    auto error = parse.read(words);
    if (!error && !parse.options.help)
        error = parse.check();
    if (error)
        return *error;
    return parse.options;
}

const char *usage_text() {
    return "Usage: rmirror collector [OPTION]..\n"
           "       rmirror collector setup --encap TYPE [OPTION].. [--up | --down]\n"
           "\n"
           "Receives copies that mirrors send to this host.\n"
           "\n"
           "  --encap TYPE         only copies of this encapsulation (none: packets as they are)\n"
           "  --key NUMBER         only those with this GRE key, ERSPAN session or VNI\n"
           "  --from HOST          only those that this host sends\n"
           "  --port NUMBER        UDP port of vxlan, geneve, tzsp\n"
           "  --device NAME        only what arrives on this device\n"
           "\n"
           "  --tap NAME           frames come out of this network device\n"
           "  --pcapng FILE        frames go to this file; - is a pipe, as to wireshark -k -i -\n"
           "  --rotate-size MIB    begin a new file when one is as large\n"
           "  --rotate-time SECONDS  or as old\n"
           "  --files NUMBER       keep the newest so many\n"
           "  --stats              a line a second (the default without --tap and --pcapng)\n"
           "\n"
           "  --time sender|arrival  time of a frame: what its sender says (default), or when it "
           "came\n"
           "  --buffer MIB         memory for what has arrived, for IPv4 and for IPv6 (default "
           "32)\n"
           "  --count NUMBER       end after so many frames\n"
           "  -j, --json           lines and totals as JSON\n"
           "  -h, --help\n";
}

}  // namespace rmirror::collector
