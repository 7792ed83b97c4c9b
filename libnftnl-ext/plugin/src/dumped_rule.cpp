// SPDX-License-Identifier: GPL-2.0-only
//
// Rebuilds the message, because a mark is longer than what it replaces.
#include "dumped_rule.hpp"

#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/rmirror.h>

#include <cstring>

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

void put_expressions(Message &out, Bytes expressions, bool dumped, Registry &registry) {
    std::size_t list = out.begin(NFTA_RULE_EXPRESSIONS | NLA_F_NESTED);
    while (Attribute element = take_attribute(expressions)) {
        if (is_rmirror(element))
            put_mark(out, registry.mark(find_attribute(element.payload, NFTA_EXPR_DATA).payload,
                                        dumped));
        else
            out.append(element.whole);
    }
    out.end(list);
}

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
            put_expressions(out, attribute.payload, message.nlmsg_flags & NLM_F_MULTI, registry);
        else
            out.append(attribute.whole);
    }
    if (!out.fits())
        return std::nullopt;
    return out.finish();
}

}  // namespace rmirror::plugin
