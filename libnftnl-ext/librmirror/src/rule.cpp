// SPDX-License-Identifier: GPL-2.0-only
//
// The rmirror statements of a rule in a netlink message: put in, read, left out for libnftnl.
#include <libmnl/libmnl.h>
#include <libnftnl/rule.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <cstring>

#include "message.hpp"
#include "objects.hpp"

using namespace rmirror;

namespace {

constexpr std::size_t longest_attribute = UINT16_MAX;

// The place in the list before which the expression of that index stands; nullptr: there are fewer.
char *place_of(nlattr *list, std::uint32_t index) {
    auto *end = reinterpret_cast<char *>(list) + MNL_ALIGN(list->nla_len);
    if (index == RMIRROR_INDEX_END)
        return end;
    c::Attributes elements(list);
    for (;;) {
        const nlattr *element = elements.next();
        if (index == 0)
            return element == nullptr ? end
                                      : reinterpret_cast<char *>(const_cast<nlattr *>(element));
        if (element == nullptr)
            return nullptr;
        --index;
    }
}

// A list that ends with the message. There is room for it.
nlattr *append_empty_list(nlmsghdr *nlh) {
    nlattr *list = mnl_attr_nest_start(nlh, NFTA_RULE_EXPRESSIONS);
    mnl_attr_nest_end(nlh, list);
    return list;
}

void insert_bytes(nlmsghdr *nlh, nlattr *list, char *place, std::span<const std::uint8_t> bytes) {
    auto *tail = static_cast<char *>(mnl_nlmsg_get_payload_tail(nlh));
    std::memmove(place + bytes.size(), place, static_cast<std::size_t>(tail - place));
    std::memcpy(place, bytes.data(), bytes.size());
    list->nla_len = static_cast<std::uint16_t>(MNL_ALIGN(list->nla_len) + bytes.size());
    c::grow(nlh, bytes.size());
}

int insert(nlmsghdr *nlh, std::size_t size, std::uint32_t index, const Statement &statement,
           rmirror_err *err) {
    auto *list = const_cast<nlattr *>(c::expressions_of(nlh));
    char *place = nullptr;
    if (list != nullptr)
        place = place_of(list, index);
    if (list == nullptr ? index != 0 && index != RMIRROR_INDEX_END : place == nullptr) {
        c::fail(err, ERANGE, "the rule has no expression " + std::to_string(index));
        return -1;
    }

    const auto element = c::build_element(statement);
    const std::size_t list_length = list == nullptr ? MNL_ATTR_HDRLEN : MNL_ALIGN(list->nla_len);
    const std::size_t added = element.size() + (list == nullptr ? MNL_ATTR_HDRLEN : 0);
    if (c::room(nlh, size) < added || list_length + element.size() > longest_attribute) {
        c::fail(err, ENOBUFS, c::no_room);
        return -1;
    }
    if (list == nullptr) {
        list = append_empty_list(nlh);
        place = place_of(list, 0);
    }
    insert_bytes(nlh, list, place, element);
    return 0;
}

}  // namespace

int rmirror_rule_nlmsg_insert(nlmsghdr *nlh, std::size_t size, std::uint32_t index,
                              const rmirror_stmt *stmt, rmirror_err *err) {
    return c::guarded(-1, err, [=] {
        if (!c::is_rule(nlh)) {
            c::fail(err, {c::no_rule, {}});
            return -1;
        }
        if (!c::is_well_formed(nlh)) {
            c::fail(err, {"the message is malformed", {}});
            return -1;
        }
        if (!c::is_valid(stmt, err))
            return -1;
        return insert(nlh, size, index, stmt->statement, err);
    });
}

rmirror_stmt *rmirror_rule_nlmsg_get(const nlmsghdr *nlh, unsigned int n, std::uint32_t *index,
                                     rmirror_err *err) {
    return c::guarded<rmirror_stmt *>(nullptr, err, [=]() -> rmirror_stmt * {
        if (!c::is_rule(nlh)) {
            c::fail(err, {c::no_rule, {}});
            return nullptr;
        }
        std::uint32_t place = 0;
        const nlattr *element = c::find_rmirror(nlh, n, place);
        if (element == nullptr) {
            c::fail(err, ENOENT, c::no_statement(n));
            return nullptr;
        }
        if (index != nullptr)
            *index = place;
        auto statement = decode(c::data_of(element));
        if (!statement) {
            c::fail(err, statement.error());
            return nullptr;
        }
        return c::release(std::move(*statement));
    });
}

int rmirror_rule_nlmsg_parse(const nlmsghdr *nlh, nftnl_rule *rule) {
    return c::guarded(-1, nullptr, [=] {
        if (!c::is_rule(nlh)) {
            errno = EINVAL;
            return -1;
        }
        const auto words = c::without_rmirror(nlh);
        errno = 0;
        if (nftnl_rule_nlmsg_parse(reinterpret_cast<const nlmsghdr *>(words.data()), rule) == 0)
            return 0;
        if (errno == 0)
            errno = EINVAL;
        return -1;
    });
}
