// SPDX-License-Identifier: GPL-2.0-only
#include "setup_plan.hpp"
#include "words.hpp"

namespace rmirror::collector {

namespace {

struct Parse {
    SetupOptions options;
    bool up = false;
    bool down = false;

    std::optional<Error> encap(std::string_view value);
    std::optional<Error> key(std::string_view value);
    std::optional<Error> port(std::string_view value);
    static std::optional<Error> address(const char *option, std::string_view value,
                                        std::optional<Address> &target);
    static std::optional<Error> device(const char *option, std::string_view value,
                                       std::string &target);
    static std::optional<Error> set(bool &flag) {
        flag = true;
        return std::nullopt;
    }
    std::optional<Error> read(std::span<const char *const> words);
    std::optional<Error> check();
};

std::optional<Error> Parse::encap(std::string_view value) {
    const auto encap = read_encap(value);
    if (!encap)
        return encap.error();
    options.encap = *encap;
    return std::nullopt;
}

std::optional<Error> Parse::key(std::string_view value) {
    const auto number = read_number("--key", value, 0, 0xffffffff);
    if (!number)
        return number.error();
    options.key = static_cast<std::uint32_t>(*number);
    return std::nullopt;
}

std::optional<Error> Parse::port(std::string_view value) {
    const auto number = read_number("--port", value, 1, 65535);
    if (!number)
        return number.error();
    options.port = static_cast<std::uint16_t>(*number);
    return std::nullopt;
}

std::optional<Error> Parse::address(const char *option, std::string_view value,
                                    std::optional<Address> &target) {
    const auto address = read_address(option, value);
    if (!address)
        return address.error();
    target = *address;
    return std::nullopt;
}

std::optional<Error> Parse::device(const char *option, std::string_view value,
                                   std::string &target) {
    const auto name = read_device(option, value);
    if (!name)
        return name.error();
    target = *name;
    return std::nullopt;
}

std::optional<Error> Parse::read(std::span<const char *const> words) {
    using View = std::string_view;
    const Word table[] = {
        {"--encap", "", true, [this](View v) { return encap(v); }},
        {"--key", "", true, [this](View v) { return key(v); }},
        {"--port", "", true, [this](View v) { return port(v); }},
        {"--local", "", true, [this](View v) { return address("--local", v, options.local); }},
        {"--from", "", true, [this](View v) { return address("--from", v, options.from); }},
        {"--device", "", true, [this](View v) { return device("--device", v, options.device); }},
        {"--name", "", true, [this](View v) { return device("--name", v, options.name); }},
        {"--platform", "", false, [this](View) { return set(options.platform); }},
        {"--up", "", false, [this](View) { return set(up); }},
        {"--down", "", false, [this](View) { return set(down); }},
        {"--help", "-h", false, [this](View) { return set(options.help); }},
    };
    return read_words(words, table);
}

std::optional<Error> Parse::check() {
    if (up && down)
        return Error{"--up and --down exclude each other", {}};
    if (up || down)
        options.action = up ? Action::up : Action::down;
    if (!options.encap)
        return Error{"missing --encap, expected one of " + all_encap_words(), {}};
    if (options.platform && options.encap != RMIRROR_ENCAP_ERSPAN3)
        return Error{"--platform has no meaning but with encap erspan3", {}};
    if (options.local && options.from && options.local->is_ipv4() != options.from->is_ipv4())
        return Error{"--local and --from are of different families", {}};
    if (options.encap == RMIRROR_ENCAP_NONE && options.device.empty())
        return Error{"--encap none needs --device: which device do the packets arrive on?", {}};
    return check_key_and_port(options.encap, options.key, options.port);
}

}  // namespace

Result<SetupOptions> parse_setup(std::span<const char *const> words) {
    Parse parse;
    auto error = parse.read(words);
    if (!error && !parse.options.help)
        error = parse.check();
    if (error)
        return *error;
    return parse.options;
}

const char *setup_usage() {
    return "Usage: rmirror collector setup --encap TYPE [OPTION].. [--up | --down]\n"
           "\n"
           "Prints the commands that make the Linux device which takes the copies of a mirror, and "
           "how\n"
           "Suricata, Snort, Zeek and Arkime listen on it.\n"
           "\n"
           "  --encap TYPE     of the mirror\n"
           "  --key NUMBER     of the mirror\n"
           "  --port NUMBER    of the mirror\n"
           "  --platform       the mirror says platform (erspan3)\n"
           "  --local ADDRESS  of this host: what the mirror sends to\n"
           "  --from ADDRESS   of the host that mirrors\n"
           "  --device NAME    on which copies arrive\n"
           "  --name NAME      of the device that is made (default mirror0)\n"
           "  --up             make it\n"
           "  --down           take it away\n"
           "  -h, --help\n";
}

}  // namespace rmirror::collector
