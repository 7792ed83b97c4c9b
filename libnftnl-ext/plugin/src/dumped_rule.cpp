// SPDX-License-Identifier: GPL-2.0-only
//
// Rebuilds the message, because a mark is longer than what it replaces.
#include "dumped_rule.hpp"

#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/rmirror.h>

#include <cstring>
#include <map>

namespace rmirror::plugin {

namespace {

class Message {
public:
    void append(Bytes bytes) {
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
        bytes_.resize(NLA_ALIGN(bytes_.size()));
    }

    std::size_t begin(std::uint16_t type) {
        nlattr header{0, type};
        std::size_t at = bytes_.size();
        append({reinterpret_cast<const std::uint8_t *>(&header), sizeof header});
        return at;
    }

    // Nested attributes have a length of 16 bits: false when it is exceeded.
    void end(std::size_t at) {
        std::size_t length = bytes_.size() - at;
        fits_ = fits_ && length <= UINT16_MAX;
        auto length16 = static_cast<std::uint16_t>(length);
        std::memcpy(bytes_.data() + at, &length16, sizeof length16);
    }

    void string(std::uint16_t type, const std::string &text) {
        nlattr header{static_cast<std::uint16_t>(sizeof header + text.size() + 1), type};
        append({reinterpret_cast<const std::uint8_t *>(&header), sizeof header});
        append({reinterpret_cast<const std::uint8_t *>(text.c_str()), text.size() + 1});
    }

    void number(std::uint16_t type, std::uint32_t value) {
        nlattr header{sizeof header + sizeof value, type};
        append({reinterpret_cast<const std::uint8_t *>(&header), sizeof header});
        value = htonl(value);
        append({reinterpret_cast<const std::uint8_t *>(&value), sizeof value});
    }

    bool fits() const { return fits_; }
    std::vector<std::uint8_t> finish() {
        auto length = static_cast<std::uint32_t>(bytes_.size());
        std::memcpy(bytes_.data(), &length, sizeof length);  // nlmsg_len is its first member
        return std::move(bytes_);
    }

private:
    std::vector<std::uint8_t> bytes_;
    bool fits_ = true;
};

bool is_rmirror(const Attribute &element) {
    return find_attribute(element.payload, NFTA_EXPR_NAME).is(RMIRROR_NFT_EXPR);
}

bool holds_rmirror(Bytes expressions) {
    while (Attribute element = take_attribute(expressions))
        if (is_rmirror(element))
            return true;
    return false;
}

void put_mark(Message &out, const std::string &mark) {
    std::size_t element = out.begin(NFTA_LIST_ELEM | NLA_F_NESTED);
    out.string(NFTA_EXPR_NAME, "objref");
    std::size_t data = out.begin(NFTA_EXPR_DATA | NLA_F_NESTED);
    out.number(NFTA_OBJREF_IMM_TYPE, NFT_OBJECT_QUOTA);
    out.string(NFTA_OBJREF_IMM_NAME, mark);
    out.end(data);
    out.end(element);
}

// `meta mark set EXPRESSION`: the one assignment that goes with every table and every match.
void put_assignment(Message &out, std::uint32_t number) {
    std::size_t element = out.begin(NFTA_LIST_ELEM | NLA_F_NESTED);
    out.string(NFTA_EXPR_NAME, "meta");
    std::size_t data = out.begin(NFTA_EXPR_DATA | NLA_F_NESTED);
    out.number(NFTA_META_KEY, NFT_META_MARK);
    out.number(NFTA_META_SREG, number);
    out.end(data);
    out.end(element);
}

// Expressions that put a value into a register, which their attribute names; and whether nft can
// show it as an address. Any is a number.
struct Source {
    std::string_view name;
    std::uint16_t register_attribute;
    bool is_address;
};
constexpr Source sources[] = {
    {"lookup", NFTA_LOOKUP_DREG, true},
    {"payload", NFTA_PAYLOAD_DREG, true},
    {"ct", NFTA_CT_DREG, true},
    {"rt", NFTA_RT_DREG, true},
    {"xfrm", NFTA_XFRM_DREG, true},
    {"bitwise", NFTA_BITWISE_DREG, true},
    {"immediate", NFTA_IMMEDIATE_DREG, false},
    {"numgen", NFTA_NG_DREG, false},
    {"hash", NFTA_HASH_DREG, false},
    {"meta", NFTA_META_DREG, false},
    {"fib", NFTA_FIB_DREG, false},
    {"socket", NFTA_SOCKET_DREG, false},
    {"osf", NFTA_OSF_DREG, false},
    {"exthdr", NFTA_EXTHDR_DREG, false},
    {"byteorder", NFTA_BYTEORDER_DREG, false},
    {"tunnel", NFTA_TUNNEL_DREG, false},
};

Bytes data_of(const Attribute &element) {
    return find_attribute(element.payload, NFTA_EXPR_DATA).payload;
}

bool is_expression(const Attribute &element, std::string_view name) {
    return find_attribute(element.payload, NFTA_EXPR_NAME).is(name);
}

// 0, which is the register of verdicts: there is no such number.
std::uint32_t number_in(Bytes data, std::uint16_t attribute) {
    const Bytes bytes = find_attribute(data, attribute).payload;
    std::uint32_t number = 0;
    if (bytes.size() != sizeof number)
        return 0;
    std::memcpy(&number, bytes.data(), sizeof number);
    return ntohl(number);
}

// Which source is it, and into which register does it put something?
struct Put {
    const Source *source = nullptr;
    std::uint32_t number = 0;
};
Put put_by(const Attribute &element) {
    for (const Source &source : sources)
        if (is_expression(element, source.name))
            if (std::uint32_t number = number_in(data_of(element), source.register_attribute))
                return {&source, first_word(number)};
    return {};
}

// Is it a match for which nft may have had no other reason than an expression behind it?
bool is_implied_match(const Attribute &load, const Attribute &compare) {
    const Bytes data = data_of(load);
    const std::uint32_t key = number_in(data, NFTA_META_KEY);
    const bool is_meta =
        is_expression(load, "meta") && (key == NFT_META_PROTOCOL || key == NFT_META_NFPROTO ||
                                        key == NFT_META_L4PROTO || key == NFT_META_IIFTYPE);
    const bool is_link_header = is_expression(load, "payload") &&
                                number_in(data, NFTA_PAYLOAD_BASE) == NFT_PAYLOAD_LL_HEADER;
    return (is_meta || is_link_header) && is_expression(compare, "cmp");
}

class Translation {
public:
    Translation(Bytes expressions, Registry &registry, bool dumped)
        : registry_(registry), dumped_(dumped) {
        while (Attribute element = take_attribute(expressions))
            elements_.push_back(element);
    }

    void put(Message &out) {
        for (std::size_t i = 0; i < elements_.size(); i++)
            if (is_rmirror(elements_[i]))
                look_at(i);
        std::size_t list = out.begin(NFTA_RULE_EXPRESSIONS | NLA_F_NESTED);
        auto next = assignments_.begin();
        for (std::size_t i = 0; i < elements_.size(); i++) {
            if (next == assignments_.end() || i < next->begin) {
                put_other(out, i);
                continue;
            }
            if (i == next->begin)
                put_mark(out, next->mark);
            if (next->collector && next->key && i == next->middle) {
                put_assignment(out, next->collector);
                put_mark(out, Registry::middle_of(next->mark));
            }
            if (i < next->end) {
                if (i != next->shift)
                    out.append(elements_[i].whole);
                continue;
            }
            put_assignment(out, next->key ? next->key : next->collector);
            put_mark(out, Registry::end_of(next->mark));
            ++next;
        }
        out.end(list);
    }

private:
    struct Assignment {
        std::size_t begin;        // where nft begins a statement
        std::size_t middle;       // behind the collector's expression
        std::size_t shift;        // of the key to where the kernel reads it; none: it is there
        std::size_t end;          // rmirror
        std::uint32_t collector;  // their registers, 0: none
        std::uint32_t key;
        std::string mark;
    };

    void put_other(Message &out, std::size_t at) const {
        if (is_rmirror(elements_[at]))
            put_mark(out, constants_.at(at));
        else
            out.append(elements_[at].whole);
    }

    void look_at(std::size_t at) {
        const Bytes attributes = data_of(elements_[at]);
        const std::string mark = registry_.mark(attributes, dumped_);
        const Meaning &meaning = *registry_.find(mark).meaning;
        if (!meaning.statement || !meaning.statement->has_expression()) {
            constants_.emplace(at, mark);
            return;
        }
        const auto *reg = std::get_if<Register>(&meaning.statement->collector);
        const std::uint32_t collector = reg ? reg->number : 0;
        std::uint32_t key = meaning.statement->key_register.value_or(0);
        const std::size_t shift = key && is_shift_to(at, key) ? at - 1 : none;
        if (shift != none)
            key = number_in(data_of(elements_[shift]), NFTA_BITWISE_SREG);
        const std::size_t first = reg ? source_of(at, collector) : at;
        const std::size_t second = key ? source_of(std::min(at, shift), key) : at;
        const char *unshown = nullptr;
        if (reg && (first == none || !put_by(elements_[first]).source->is_address))
            unshown = "the collector is in a register that holds no address of nft's";
        else if (second == none)
            unshown = "the key is in a register that holds no value of nft's";
        else if (reg && key && second < first)
            unshown = "the key is computed before the collector, which nft cannot show";
        if (unshown) {
            constants_.emplace(at, registry_.mark_unshown(attributes, dumped_, unshown));
            return;
        }
        const std::size_t middle = reg ? first + 1 : at;
        assignments_.push_back(
            {begin_of(reg && key ? middle : at), middle, shift, at, collector, key, mark});
    }

    static constexpr std::size_t none = SIZE_MAX;

    // Is the element before that one a shift from another register to this one? nft has none.
    bool is_shift_to(std::size_t at, std::uint32_t key) const {
        if (at == 0 || !is_expression(elements_[at - 1], "bitwise"))
            return false;
        const Bytes data = data_of(elements_[at - 1]);
        const std::uint32_t from = number_in(data, NFTA_BITWISE_SREG);
        return number_in(data, NFTA_BITWISE_OP) == NFT_BITWISE_RSHIFT && from != 0 &&
               first_word(number_in(data, NFTA_BITWISE_DREG)) == first_word(key) &&
               first_word(from) != first_word(key);
    }

    // What has put a value into the register, before that element?
    std::size_t source_of(std::size_t at, std::uint32_t number) const {
        while (at-- > 0)
            if (const Put put = put_by(elements_[at]);
                put.source && put.number == first_word(number))
                return at;
        return none;
    }

    // Before what computes the expression, and what nft had to match for that: it shows such
    // matches unless nothing is between them and the expression.
    std::size_t begin_of(std::size_t at) const {
        while (at > 0 && put_by(elements_[at - 1]).source)
            at--;
        while (at > 1 && is_implied_match(elements_[at - 2], elements_[at - 1]))
            at -= 2;
        return at;
    }

    Registry &registry_;
    bool dumped_;
    std::vector<Attribute> elements_;
    std::vector<Assignment> assignments_;           // in order
    std::map<std::size_t, std::string> constants_;  // the marks of other statements
};

}  // namespace

std::optional<std::vector<std::uint8_t>> translate_rule(const nlmsghdr &message,
                                                        Registry &registry) {
    Bytes attributes = attributes_of(message);
    if (!is_rule(message) ||
        !holds_rmirror(find_attribute(attributes, NFTA_RULE_EXPRESSIONS).payload))
        return std::nullopt;

    Message out;
    const auto *begin = reinterpret_cast<const std::uint8_t *>(&message);
    out.append({begin, attributes.data()});
    while (Attribute attribute = take_attribute(attributes)) {
        if (attribute.type == NFTA_RULE_EXPRESSIONS)
            Translation(attribute.payload, registry, message.nlmsg_flags & NLM_F_MULTI).put(out);
        else
            out.append(attribute.whole);
    }
    if (!out.fits())
        return std::nullopt;
    return out.finish();
}

}  // namespace rmirror::plugin
