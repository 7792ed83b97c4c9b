// SPDX-License-Identifier: GPL-2.0-only
//
// Statement to the attributes of NFTA_EXPR_DATA and back. The UAPI header is the manual.
#include <arpa/inet.h>
#include <libmnl/libmnl.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "check.hpp"

namespace rmirror {

namespace {

using Bytes = std::span<const std::uint8_t>;

// More than every attribute at its longest, with the header that libmnl needs before them.
constexpr std::size_t buffer_size = 512;
// What the length of NFTA_EXPR_DATA around them can say
constexpr std::size_t longest_input = 65535;

void put_number(nlmsghdr *header, std::uint16_t type, std::uint32_t number) {
    mnl_attr_put_u32(header, type, htonl(number));
}

void put_collector(nlmsghdr *header, const Statement &statement) {
    if (const auto *reg = std::get_if<Register>(&statement.collector)) {
        put_number(header, NFTA_RMIRROR_SREG_ADDR, reg->number);
        put_number(header, NFTA_RMIRROR_FAMILY, reg->family);
        return;
    }
    const Bytes bytes = std::get<Address>(statement.collector).bytes();
    mnl_attr_put(header, NFTA_RMIRROR_ADDR, bytes.size(), bytes.data());
}

void put_value(nlmsghdr *header, std::uint16_t type, const Value &value) {
    if (const auto *number = std::get_if<std::uint32_t>(&value))
        put_number(header, type, *number);
    else if (const auto *address = std::get_if<Address>(&value))
        mnl_attr_put(header, type, address->bytes().size(), address->bytes().data());
    else if (const auto *name = std::get_if<std::string>(&value))
        mnl_attr_put_strz(header, type, name->c_str());
}

// Nothing is newer than a kernel that does not know the nest.
void put_extensions(nlmsghdr *header, const Statement &statement) {
    if (!statement.key_register)
        return;
    nlattr *extensions = mnl_attr_nest_start(header, NFTA_RMIRROR_EXT);
    put_number(header, NFTA_RMIRROR_EXT_SREG_KEY, *statement.key_register);
    mnl_attr_nest_end(header, extensions);
}

constexpr std::array<const char *, NFTA_RMIRROR_MAX + 1> attribute_names = [] {
    std::array<const char *, NFTA_RMIRROR_MAX + 1> names{};
    names[NFTA_RMIRROR_ADDR] = "NFTA_RMIRROR_ADDR";
    names[NFTA_RMIRROR_SREG_ADDR] = "NFTA_RMIRROR_SREG_ADDR";
    names[NFTA_RMIRROR_FAMILY] = "NFTA_RMIRROR_FAMILY";
    return names;
}();

std::string_view attribute_name(std::uint16_t type) {
    if (attribute_names.at(type) != nullptr)
        return attribute_names.at(type);
    for (const Option &option : options())
        if (option.attribute == type)
            return option.attribute_name;
    return "attribute";
}

using Failure = std::optional<Error>;

Error refuse(std::uint16_t type, std::string_view why) {
    return {std::string(attribute_name(type)) + ": " + std::string(why), {}};
}

std::string truncated(std::size_t at) {
    return "truncated attribute at byte " + std::to_string(at);
}

class Decoder {
public:
    Result<Statement> decode(Bytes input);

private:
    Failure split(Bytes input);
    Failure take_attribute(const nlattr *attribute);
    Failure take_extensions(const nlattr *attribute);
    Failure take_extension(const nlattr *attribute);
    Failure read_number(std::uint16_t type, std::uint32_t &number) const;
    Failure read_collector();
    Failure read_register();
    Failure read_address(std::uint16_t type, std::optional<Address> &address) const;
    Failure read_option(const Option &option);
    Failure read_flags();
    Failure read_value(const Option &option, Value &value) const;

    bool has(std::uint16_t type) const { return attributes_.at(type) != nullptr; }
    Bytes payload(std::uint16_t type) const {
        const nlattr *attribute = attributes_.at(type);
        return {static_cast<const std::uint8_t *>(mnl_attr_get_payload(attribute)),
                mnl_attr_get_payload_len(attribute)};
    }

    // A copy of the input, aligned and with room for the padding of the last attribute.
    std::vector<std::uint32_t> words_;
    std::array<const nlattr *, NFTA_RMIRROR_MAX + 1> attributes_{};
    bool has_extensions_ = false;
    Statement statement_;
};

Failure Decoder::split(Bytes input) {
    if (input.size() > longest_input)
        return Error{"more attributes than a netlink attribute can hold", {}};
    words_.resize((input.size() + sizeof(std::uint32_t) - 1) / sizeof(std::uint32_t));
    if (!input.empty())
        std::memcpy(words_.data(), input.data(), input.size());

    const auto *start = reinterpret_cast<const char *>(words_.data());
    std::size_t at = 0;
    while (at < input.size()) {
        const auto *attribute = reinterpret_cast<const nlattr *>(start + at);
        if (mnl_attr_ok(attribute, static_cast<int>(input.size() - at)) == 0)
            return Error{truncated(at), {}};
        if (auto failure = take_attribute(attribute))
            return failure;
        at += MNL_ALIGN(mnl_attr_get_len(attribute));
    }
    return std::nullopt;
}

Failure Decoder::take_attribute(const nlattr *attribute) {
    // With its flags: no other is nested, so whatever has one is something else.
    const std::uint16_t type = attribute->nla_type;
    if ((type & ~NLA_F_NESTED) == NFTA_RMIRROR_EXT)
        return take_extensions(attribute);
    if (type == NFTA_RMIRROR_UNSPEC || type > NFTA_RMIRROR_MAX)
        return Error{"unknown attribute " + std::to_string(type), {}};
    if (has(type))
        return refuse(type, "repeated");
    attributes_.at(type) = attribute;
    return std::nullopt;
}

Failure Decoder::take_extension(const nlattr *attribute) {
    const std::uint16_t type = attribute->nla_type;
    // What a rule has counted is no part of its statement.
    if (type == (NFTA_RMIRROR_EXT_COUNTERS | NLA_F_NESTED))
        return std::nullopt;
    if (type != NFTA_RMIRROR_EXT_SREG_KEY)
        return Error{"unknown attribute " + std::to_string(type), {}};
    if (statement_.key_register)
        return Error{"NFTA_RMIRROR_EXT_SREG_KEY: repeated", {}};
    const std::size_t size = mnl_attr_get_payload_len(attribute);
    if (size != sizeof(std::uint32_t))
        return Error{"NFTA_RMIRROR_EXT_SREG_KEY: expected 4 bytes, got " + std::to_string(size),
                     {}};
    statement_.key_register = ntohl(mnl_attr_get_u32(attribute));
    return std::nullopt;
}

Failure Decoder::take_extensions(const nlattr *attribute) {
    const std::string start = "NFTA_RMIRROR_EXT: ";
    if (has_extensions_)
        return Error{start + "repeated", {}};
    has_extensions_ = true;
    const std::size_t size = mnl_attr_get_payload_len(attribute);
    const auto *inside = static_cast<const char *>(mnl_attr_get_payload(attribute));
    for (std::size_t at = 0; at < size;) {
        const auto *inner = reinterpret_cast<const nlattr *>(inside + at);
        if (mnl_attr_ok(inner, static_cast<int>(size - at)) == 0)
            return Error{start + truncated(at), {}};
        if (const Failure failure = take_extension(inner))
            return Error{start + failure->message, {}};
        at += MNL_ALIGN(mnl_attr_get_len(inner));
    }
    return std::nullopt;
}

Failure Decoder::read_number(std::uint16_t type, std::uint32_t &number) const {
    const Bytes bytes = payload(type);
    if (bytes.size() != sizeof(number))
        return refuse(type, "expected 4 bytes, got " + std::to_string(bytes.size()));
    std::memcpy(&number, bytes.data(), sizeof(number));
    number = ntohl(number);
    return std::nullopt;
}

Failure Decoder::read_address(std::uint16_t type, std::optional<Address> &address) const {
    const Bytes bytes = payload(type);
    address = Address::from_bytes(bytes);
    if (!address)
        return refuse(type, "expected 4 or 16 bytes, got " + std::to_string(bytes.size()));
    return std::nullopt;
}

Failure Decoder::read_register() {
    if (!has(NFTA_RMIRROR_FAMILY))
        return refuse(NFTA_RMIRROR_FAMILY, "missing, the collector is in a register");
    Register reg;
    if (auto failure = read_number(NFTA_RMIRROR_SREG_ADDR, reg.number))
        return failure;
    if (auto failure = read_number(NFTA_RMIRROR_FAMILY, reg.family))
        return failure;
    statement_.collector = reg;
    return std::nullopt;
}

Failure Decoder::read_collector() {
    if (has(NFTA_RMIRROR_ADDR) == has(NFTA_RMIRROR_SREG_ADDR))
        return refuse(NFTA_RMIRROR_ADDR, has(NFTA_RMIRROR_ADDR)
                                             ? "not together with NFTA_RMIRROR_SREG_ADDR"
                                             : "missing, and no NFTA_RMIRROR_SREG_ADDR either");
    if (has(NFTA_RMIRROR_SREG_ADDR))
        return read_register();
    if (has(NFTA_RMIRROR_FAMILY))
        return refuse(NFTA_RMIRROR_FAMILY, "only for a collector in a register");

    std::optional<Address> address;
    if (auto failure = read_address(NFTA_RMIRROR_ADDR, address))
        return failure;
    statement_.collector = *address;
    return std::nullopt;
}

// The terminating NUL is counted by some senders and not by others.
std::string string_without_nul(Bytes bytes) {
    std::string name(bytes.begin(), bytes.end());
    if (name.ends_with('\0'))
        name.pop_back();
    return name;
}

Failure Decoder::read_value(const Option &option, Value &value) const {
    if (option.kind == Kind::NAME) {
        value = string_without_nul(payload(option.attribute));
        return std::nullopt;
    }
    if (option.kind == Kind::ADDR) {
        std::optional<Address> address;
        if (auto failure = read_address(option.attribute, address))
            return failure;
        value = *address;
        return std::nullopt;
    }
    std::uint32_t number = 0;
    if (auto failure = read_number(option.attribute, number))
        return failure;
    value = number;
    return std::nullopt;
}

Failure Decoder::read_option(const Option &option) {
    if (option.kind == Kind::FLAG || !has(option.attribute))
        return std::nullopt;
    if (auto message = check_belongs(option, statement_.encap))
        return refuse(option.attribute, *message);

    Value value;
    if (auto failure = read_value(option, value))
        return failure;
    if (auto message = check_value(option, statement_, value))
        return refuse(option.attribute, *message);
    set(statement_, option.id, value);
    return std::nullopt;
}

Failure Decoder::read_flags() {
    if (!has(NFTA_RMIRROR_FLAGS))
        return std::nullopt;
    std::uint32_t flags = 0;
    if (auto failure = read_number(NFTA_RMIRROR_FLAGS, flags))
        return failure;
    if ((flags & ~std::uint32_t{RMIRROR_F_MASK}) != 0)
        return refuse(NFTA_RMIRROR_FLAGS, "unknown flags " + std::to_string(flags));

    for (const Option &option : options()) {
        if ((flags & option.flag) == 0)
            continue;
        if (auto message = check_belongs(option, statement_.encap))
            return refuse(NFTA_RMIRROR_FLAGS, *message);
        set(statement_, option.id, 1U);
    }
    return std::nullopt;
}

Result<Statement> Decoder::decode(Bytes input) {
    if (auto failure = split(input))
        return *failure;
    if (auto failure = read_collector())
        return *failure;
    // In table order: the encapsulation comes before what depends on it.
    for (const Option &option : options())
        if (auto failure = read_option(option))
            return *failure;
    if (auto failure = read_flags())
        return *failure;
    if (auto message = check_key_register(statement_))
        return Error{"NFTA_RMIRROR_EXT_SREG_KEY: " + *message, {}};
    if (auto message = check_collector(statement_)) {
        const bool constant = std::holds_alternative<Address>(statement_.collector);
        return refuse(constant ? NFTA_RMIRROR_ADDR : NFTA_RMIRROR_SREG_ADDR, *message);
    }
    return canonical(std::move(statement_));
}

}  // namespace

std::vector<std::uint8_t> encode(const Statement &statement) {
    const Statement sent = canonical(statement);
    alignas(nlmsghdr) std::array<char, buffer_size> buffer{};
    nlmsghdr *header = mnl_nlmsg_put_header(buffer.data());

    put_collector(header, sent);
    for (const Option &option : options())
        if (option.kind != Kind::FLAG)
            put_value(header, option.attribute, get(sent, option.id));
    if (sent.flags != 0)
        put_number(header, NFTA_RMIRROR_FLAGS, sent.flags);
    put_extensions(header, sent);

    const auto *begin = static_cast<const std::uint8_t *>(mnl_nlmsg_get_payload(header));
    return {begin, begin + mnl_nlmsg_get_payload_len(header)};
}

Result<Statement> decode(std::span<const std::uint8_t> attributes) {
    return Decoder().decode(attributes);
}

}  // namespace rmirror
