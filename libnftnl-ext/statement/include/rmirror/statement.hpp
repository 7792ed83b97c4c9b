// SPDX-License-Identifier: GPL-2.0-only
//
// The rmirror statement: one model for its text, its JSON and its netlink bytes.
//
//   rmirror [ip|ip6] to COLLECTOR [encap TYPE] [OPTION VALUE]...
//
// Names, ranges and attributes come from kernel/include/rmirror_tables.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <linux/netfilter/rmirror.h>

struct json_t;  // jansson

namespace rmirror {

// Where in a text something stands: bytes [begin, end), counted from 0 from the start of that text.
struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;

    friend bool operator==(const Span &, const Span &) = default;
};

// A refusal: one line for a person, without a final full stop, and the word it is about.
// For netlink and JSON input, which have no text, the span is empty and the message names the
// attribute or the member.
struct Error {
    std::string message;
    Span span;
};

// A value or the reason why there is none.
template <typename T>
class Result {
public:
    Result(T value) : state_(std::move(value)) {}
    Result(Error error) : state_(std::move(error)) {}

    explicit operator bool() const { return std::holds_alternative<T>(state_); }
    T &operator*() { return std::get<T>(state_); }
    const T &operator*() const { return std::get<T>(state_); }
    T *operator->() { return &std::get<T>(state_); }
    const T *operator->() const { return &std::get<T>(state_); }
    const Error &error() const { return std::get<Error>(state_); }

private:
    std::variant<T, Error> state_;
};

// An IPv4 or IPv6 address: 4 or 16 bytes in network byte order.
class Address {
public:
    // Numeric notation only (inet_pton(3)); no names, no prefixes, no scope ids.
    static std::optional<Address> from_text(std::string_view text);
    // 4 or 16 bytes, anything else is nullopt.
    static std::optional<Address> from_bytes(std::span<const std::uint8_t> bytes);

    bool is_ipv4() const { return size_ == 4; }
    bool is_unspecified() const;
    bool is_multicast() const;
    bool is_link_local() const;  // of IPv6: means nothing without a device
    bool is_broadcast() const;   // 255.255.255.255
    std::span<const std::uint8_t> bytes() const { return {data_, size_}; }
    std::string to_text() const;  // inet_ntop(3)

    friend bool operator==(const Address &, const Address &) = default;

private:
    std::uint8_t data_[16] = {};
    std::size_t size_ = 0;
};

// The collector is in a register: nft has put it there, out of an expression.
struct Register {
    std::uint32_t number = 0;  // enum nft_registers
    std::uint32_t family = 0;  // NFPROTO_IPV4 or NFPROTO_IPV6

    friend bool operator==(const Register &, const Register &) = default;
};

// One statement. A member that is nullopt, empty or 0 was not given; to_text() and encode() leave
// out what has its default value, so that parse(to_text(s)) == canonical(s).
struct Statement {
    std::variant<Address, Register> collector;
    rmirror_encap encap = RMIRROR_ENCAP_GRE;
    std::optional<std::uint32_t> key;
    std::optional<std::uint32_t> key_register;  // enum nft_registers; not together with key
    std::optional<std::uint32_t> len;
    rmirror_mtu mtu = RMIRROR_MTU_RESEGMENT;
    std::optional<std::uint32_t> ttl;
    std::optional<std::uint32_t> dscp;
    std::optional<Address> from;
    std::string device;
    std::optional<std::uint32_t> mark;
    std::optional<std::uint32_t> port;
    std::uint32_t flags = 0;  // RMIRROR_F_*

    // Is the collector or the key in a register, where an expression of nft puts it?
    bool has_expression() const {
        return key_register || std::holds_alternative<Register>(collector);
    }

    friend bool operator==(const Statement &, const Statement &) = default;
};

// What parse_text() found.
struct Parsed {
    Statement statement;
    Span span;  // from `rmirror` to the end of the last word of the statement
    // In a rule only: where the expressions stand whose values are the collector and the key, empty
    // for a constant. The statement then has a register for it, with any number.
    Span collector_expression = {};
    Span key_expression = {};
    // nft knows the type of the key. Not so of a map, a hash or a counter: there the value has the
    // type of what it is assigned to.
    bool is_typed = false;
    // In a rule only: the word behind the statement is none that we know. What to say of it should
    // nft not know it, either.
    std::optional<Error> unknown = {};
};

// What `$name` in a text stands for: the value as it was defined, quotes included, or nothing when
// there is no such variable. The view has to last until parse_text() returns.
using Variables = std::function<std::optional<std::string_view>(std::string_view name)>;

// Parses the statement that starts with the word `rmirror` at text[at]. It ends before the first
// thing that cannot belong to it: end of text, a line end, `;`, `}`, `#`, or, once `to COLLECTOR`
// has been read, a word after which another statement of nft follows (`accept`, `counter`,
// `comment`, ...). A word that is neither an option nor a word nft knows as the start of a
// statement is an error here. Variables may stand for the collector and for the value of an option,
// where no function is given none is known. The statement returned is canonical().
Result<Parsed> parse_text(std::string_view text, std::size_t at = 0,
                          const Variables &variables = {});

// The same for a text that nft will read: collector and key may be expressions of nft, such as `ip
// saddr map { .. }`, whose words are nft's to understand, and so is a word behind the statement.
Result<Parsed> parse_in_rule(std::string_view text, std::size_t at, const Variables &variables);

// Is word the other one with a slip of the finger, or two in a long one? Equal words are not.
bool is_near(std::string_view word, std::string_view other);

// The canonical text: `rmirror to 10.0.0.5 len 60`, defaults omitted, options in table order.
// Numbers are decimal, a mark is hexadecimal, a device is quoted and a code point has its name
// where nft knows one (`dscp ef`), as in nft's own listings. A collector in a register is shown as
// `rmirror ip to reg 1`, which does not load: only nft can tell what fills the register. So is a
// key in a register: `key reg 1`.
std::string to_text(const Statement &statement);

// What stands around the expressions whose values are in registers, as text and as JSON:
// `rmirror ip to ` and ` len 60`; `{"rmirror": {"family": "ip", "to": ` and `, "len": 60}}`; and
// between two, ` encap vxlan key `, else nothing.
struct Around {
    std::string before;
    std::string between;
    std::string after;
};
Around text_around(const Statement &statement);
Around json_around(const Statement &statement);

// Checks what no single word shows: options that do not belong to the encapsulation, ranges that
// depend on it, address families. Everything the parsers return has passed it.
std::optional<Error> validate(const Statement &statement);

// The statement with everything that equals its default removed: what the kernel will dump.
Statement canonical(Statement statement);

// The attributes inside NFTA_EXPR_DATA, NLA-aligned, in attribute order. The statement must have
// passed validate().
std::vector<std::uint8_t> encode(const Statement &statement);

// The reverse, canonical(). Unknown attributes, wrong sizes and values out of range are errors.
Result<Statement> decode(std::span<const std::uint8_t> attributes);

// What a rule has counted: index NFTA_RMIRROR_COUNTER_* - 1.
using Counters = std::array<std::uint64_t, NFTA_RMIRROR_COUNTER_MAX>;

// Their names, in the same order: "matched", "sent", ...
std::span<const std::string_view> counter_names();

// The counters in the dump of a rule, which decode() steps over; nullopt: there are none.
std::optional<Counters> decode_counters(std::span<const std::uint8_t> attributes);

// The attributes less the counters: what two dumps of one rule have in common.
std::vector<std::uint8_t> without_counters(std::span<const std::uint8_t> attributes);

// JSON: the object inside {"rmirror": ...}, with the words of the text as names. Numbers are
// integers, a flag is true, everything else is a string, `dscp` either. A collector in a register
// is {"reg": 1, "family": "ip"}, which parse_json() refuses. to_json() returns a new reference,
// null when memory runs out; parse_json() borrows its argument and returns a canonical() statement.
json_t *to_json(const Statement &statement);
Result<Statement> parse_json(const json_t *object);

// The same for a rule that nft will read: `to` may be an expression of nft, with or without a
// member `family`, and so may `key`. The statement then has a register for it, with any number.
Result<Statement> parse_json_in_rule(const json_t *object);

}  // namespace rmirror
