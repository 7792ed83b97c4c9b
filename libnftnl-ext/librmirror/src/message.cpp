// SPDX-License-Identifier: GPL-2.0-only
#include "message.hpp"

#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/rmirror.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace rmirror::c {

namespace {

// An expression with every attribute at its longest, and the header that libmnl needs before it
constexpr std::size_t element_size = 1024;

}  // namespace

std::size_t room(const nlmsghdr *nlh, std::size_t size) {
    const std::size_t used = MNL_ALIGN(nlh->nlmsg_len);
    return size > used ? size - used : 0;
}

void grow(nlmsghdr *nlh, std::size_t bytes) {
    nlh->nlmsg_len = static_cast<std::uint32_t>(MNL_ALIGN(nlh->nlmsg_len) + bytes);
}

Attributes::Attributes(const nlmsghdr *nlh, std::size_t header) {
    const std::size_t before = MNL_NLMSG_HDRLEN + MNL_ALIGN(header);
    if (nlh->nlmsg_len > before)
        left_ = {reinterpret_cast<const std::uint8_t *>(nlh) + before, nlh->nlmsg_len - before};
}

Attributes::Attributes(const nlattr *nest)
    : left_(static_cast<const std::uint8_t *>(mnl_attr_get_payload(nest)),
            mnl_attr_get_payload_len(nest)) {}

const nlattr *Attributes::next() {
    const Attribute attribute = take_attribute(left_);
    return attribute ? reinterpret_cast<const nlattr *>(attribute.whole.data()) : nullptr;
}

const nlattr *Attributes::find(std::uint16_t type) {
    const nlattr *attribute = next();
    while (attribute != nullptr && mnl_attr_get_type(attribute) != type)
        attribute = next();
    return attribute;
}

bool Attributes::are_complete() {
    while (next() != nullptr) {
    }
    return left_.empty();
}

bool is_rule(const nlmsghdr *nlh) {
    constexpr int subsystem = NFNL_SUBSYS_NFTABLES << 8;
    return (nlh->nlmsg_type == (subsystem | NFT_MSG_NEWRULE) ||
            nlh->nlmsg_type == (subsystem | NFT_MSG_DELRULE)) &&
           nlh->nlmsg_len >= MNL_NLMSG_HDRLEN + sizeof(nfgenmsg);
}

bool is_well_formed(const nlmsghdr *nlh) {
    const nlattr *list = expressions_of(nlh);
    return Attributes(nlh, sizeof(nfgenmsg)).are_complete() &&
           (list == nullptr || Attributes(list).are_complete());
}

const nlattr *expressions_of(const nlmsghdr *nlh) {
    return Attributes(nlh, sizeof(nfgenmsg)).find(NFTA_RULE_EXPRESSIONS);
}

bool is_rmirror(const nlattr *element) {
    const nlattr *name = Attributes(element).find(NFTA_EXPR_NAME);
    if (name == nullptr)
        return false;
    const std::string_view text(static_cast<const char *>(mnl_attr_get_payload(name)),
                                mnl_attr_get_payload_len(name));
    return text.substr(0, text.find('\0')) == RMIRROR_NFT_EXPR;
}

std::span<const std::uint8_t> data_of(const nlattr *element) {
    const nlattr *data = Attributes(element).find(NFTA_EXPR_DATA);
    if (data == nullptr)
        return {};
    return {static_cast<const std::uint8_t *>(mnl_attr_get_payload(data)),
            mnl_attr_get_payload_len(data)};
}

const nlattr *find_rmirror(const nlmsghdr *nlh, unsigned int n, std::uint32_t &index) {
    const nlattr *list = expressions_of(nlh);
    if (list == nullptr)
        return nullptr;
    Attributes elements(list);
    index = 0;
    for (const nlattr *element = elements.next(); element != nullptr; element = elements.next()) {
        if (is_rmirror(element) && n-- == 0)
            return element;
        ++index;
    }
    return nullptr;
}

std::vector<std::uint32_t> without_rmirror(const nlmsghdr *nlh) {
    std::vector<std::uint32_t> words(MNL_ALIGN(nlh->nlmsg_len) / sizeof(std::uint32_t));
    std::memcpy(words.data(), nlh, nlh->nlmsg_len);
    auto *copy = reinterpret_cast<nlmsghdr *>(words.data());
    auto *list = const_cast<nlattr *>(expressions_of(copy));
    std::uint32_t index = 0;
    while (const nlattr *element = find_rmirror(copy, 0, index)) {
        auto *place = reinterpret_cast<char *>(const_cast<nlattr *>(element));
        const auto *list_end = reinterpret_cast<const char *>(list) + list->nla_len;
        const auto *tail = static_cast<const char *>(mnl_nlmsg_get_payload_tail(copy));
        const std::size_t length = MNL_ALIGN(element->nla_len);
        std::memmove(place, place + length, static_cast<std::size_t>(tail - place) - length);
        // Somebody may have left out the padding of the last one in the list.
        list->nla_len -= static_cast<std::uint16_t>(
            std::min(length, static_cast<std::size_t>(list_end - place)));
        copy->nlmsg_len = static_cast<std::uint32_t>(MNL_ALIGN(copy->nlmsg_len) - length);
    }
    return words;
}

std::vector<std::uint8_t> build_element(const Statement &statement) {
    alignas(nlmsghdr) std::array<char, element_size> buffer{};
    nlmsghdr *nlh = mnl_nlmsg_put_header(buffer.data());

    nlattr *element = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
    mnl_attr_put_strz(nlh, NFTA_EXPR_NAME, RMIRROR_NFT_EXPR);
    nlattr *data = mnl_attr_nest_start(nlh, NFTA_EXPR_DATA);
    const auto attributes = encode(statement);
    std::memcpy(mnl_nlmsg_get_payload_tail(nlh), attributes.data(), attributes.size());
    grow(nlh, attributes.size());
    mnl_attr_nest_end(nlh, data);
    mnl_attr_nest_end(nlh, element);

    const auto *begin = static_cast<const std::uint8_t *>(mnl_nlmsg_get_payload(nlh));
    return {begin, begin + mnl_nlmsg_get_payload_len(nlh)};
}

}  // namespace rmirror::c
