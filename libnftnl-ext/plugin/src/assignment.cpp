// SPDX-License-Identifier: GPL-2.0-only
//
// libnftnl's getters are asked: nothing is in a message yet.
#include "assignment.hpp"

#include <arpa/inet.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include <algorithm>
#include <new>
#include <utility>

#include "attributes.hpp"
#include "real.hpp"
#include "run.hpp"

namespace rmirror::plugin {

namespace {

constexpr Field ip{"ip daddr", R"({"payload": {"protocol": "ip", "field": "daddr"}})", {}};
constexpr Field ip6{"ip6 daddr", R"({"payload": {"protocol": "ip6", "field": "daddr"}})", {}};
constexpr Field arp{"arp daddr ip", R"({"payload": {"protocol": "arp", "field": "daddr ip"}})", {}};
// nft believes the last one that says what the packet is.
constexpr Field inet_ip{
    "meta nfproto ipv4 ip daddr", ip.json,
    R"({"match": {"op": "==", "left": {"meta": {"key": "nfproto"}}, "right": "ipv4"}})"};
constexpr Field inet_ip6{
    "meta nfproto ipv6 ip6 daddr", ip6.json,
    R"({"match": {"op": "==", "left": {"meta": {"key": "nfproto"}}, "right": "ipv6"}})"};
constexpr Field foreign_ip{"ether type ip ip daddr", ip.json,
                           R"({"match": {"op": "==", "left": {"payload": {"protocol": "ether", )"
                           R"("field": "type"}}, "right": "ip"}})"};
constexpr Field foreign_ip6{"ether type ip6 ip6 daddr", ip6.json,
                            R"({"match": {"op": "==", "left": {"payload": {"protocol": "ether", )"
                            R"("field": "type"}}, "right": "ip6"}})"};

bool is(const nftnl_expr *expression, std::string_view name) {
    return expression && name == nftnl_expr_get_str(expression, NFTNL_EXPR_NAME);
}

std::string_view object_of(const nftnl_expr *expression) {
    if (!is(expression, "objref") || !nftnl_expr_is_set(expression, NFTNL_EXPR_OBJREF_IMM_NAME))
        return {};
    return nftnl_expr_get_str(expression, NFTNL_EXPR_OBJREF_IMM_NAME);
}

bool reads_base(const nftnl_expr *expression, std::uint32_t base) {
    return is(expression, "payload") && nftnl_expr_is_set(expression, NFTNL_EXPR_PAYLOAD_DREG) &&
           nftnl_expr_get_u32(expression, NFTNL_EXPR_PAYLOAD_BASE) == base;
}

// Behind the addresses and the type of an Ethernet header
bool reads_tag(const nftnl_expr *expression) {
    return reads_base(expression, NFT_PAYLOAD_LL_HEADER) &&
           nftnl_expr_get_u32(expression, NFTNL_EXPR_PAYLOAD_OFFSET) >= ETH_HLEN;
}

// Does it read bytes of which a field is only some bits: of a tag, version, DSCP, ECN, flow label,
// or TCP's data offset?
bool reads_bits(const nftnl_expr *expression) {
    if (!is(expression, "payload") || !nftnl_expr_is_set(expression, NFTNL_EXPR_PAYLOAD_DREG))
        return false;
    const std::uint32_t offset = nftnl_expr_get_u32(expression, NFTNL_EXPR_PAYLOAD_OFFSET);
    const std::uint32_t size = nftnl_expr_get_u32(expression, NFTNL_EXPR_PAYLOAD_LEN);
    switch (nftnl_expr_get_u32(expression, NFTNL_EXPR_PAYLOAD_BASE)) {
        case NFT_PAYLOAD_LL_HEADER:
            return offset >= ETH_HLEN && offset % 4 == ETH_HLEN % 4 && size <= 2;
        case NFT_PAYLOAD_NETWORK_HEADER:
            return offset + size <= 4 && (offset < 2 || size == 1);
        case NFT_PAYLOAD_TRANSPORT_HEADER:
            return offset == 12 && size == 1;
        default:
            return false;
    }
}

// An IP header, or its options
bool reads_network_header(const nftnl_expr *expression) {
    if (!is(expression, "exthdr"))
        return reads_base(expression, NFT_PAYLOAD_NETWORK_HEADER);
    std::uint32_t op = nftnl_expr_get_u32(expression, NFTNL_EXPR_EXTHDR_OP);
    return op == NFT_EXTHDR_OP_IPV6 || op == NFT_EXTHDR_OP_IPV4;
}

bool reads_meta(const nftnl_expr *expression, std::uint32_t key) {
    return is(expression, "meta") && nftnl_expr_is_set(expression, NFTNL_EXPR_META_DREG) &&
           nftnl_expr_get_u32(expression, NFTNL_EXPR_META_KEY) == key;
}

std::string_view compared_with(const nftnl_expr *expression) {
    if (!is(expression, "cmp") || nftnl_expr_get_u32(expression, NFTNL_EXPR_CMP_OP) != NFT_CMP_EQ)
        return {};
    std::uint32_t size = 0;
    const auto *bytes =
        static_cast<const char *>(nftnl_expr_get(expression, NFTNL_EXPR_CMP_DATA, &size));
    return {bytes, size};
}

// The one of hash_end: users have more than one value.
bool is_our_hash(const nftnl_expr *expression) {
    return is(expression, "hash") && nftnl_expr_is_set(expression, NFTNL_EXPR_HASH_SREG) &&
           nftnl_expr_get_u32(expression, NFTNL_EXPR_HASH_MODULUS) == 1;
}

// Is what it puts into a register big endian, as it stands in a header?
bool is_big_endian(const nftnl_expr *expression) {
    if (is(expression, "payload") || is(expression, "exthdr"))
        return true;
    if (is(expression, "meta")) {
        const std::uint32_t key = nftnl_expr_get_u32(expression, NFTNL_EXPR_META_KEY);
        return key == NFT_META_PROTOCOL || key == NFT_META_BRI_IIFVPROTO;
    }
    if (is(expression, "ct")) {
        const std::uint32_t key = nftnl_expr_get_u32(expression, NFTNL_EXPR_CT_KEY);
        return key == NFT_CT_SRC || key == NFT_CT_DST || key == NFT_CT_SRC_IP ||
               key == NFT_CT_DST_IP || key == NFT_CT_PROTO_SRC || key == NFT_CT_PROTO_DST;
    }
    if (is(expression, "rt"))
        return nftnl_expr_get_u32(expression, NFTNL_EXPR_RT_KEY) == NFT_RT_NEXTHOP4;
    if (is(expression, "xfrm"))
        return nftnl_expr_get_u32(expression, NFTNL_EXPR_XFRM_KEY) != NFT_XFRM_KEY_REQID;
    return false;
}

nftnl_expr *to_host_order(std::uint32_t number, std::uint32_t size) {
    nftnl_expr *expression = nftnl_expr_alloc("byteorder");
    if (!expression)
        throw std::bad_alloc();
    nftnl_expr_set_u32(expression, NFTNL_EXPR_BYTEORDER_SREG, number);
    nftnl_expr_set_u32(expression, NFTNL_EXPR_BYTEORDER_DREG, number);
    nftnl_expr_set_u32(expression, NFTNL_EXPR_BYTEORDER_OP, NFT_BYTEORDER_NTOH);
    nftnl_expr_set_u32(expression, NFTNL_EXPR_BYTEORDER_LEN, size);
    nftnl_expr_set_u32(expression, NFTNL_EXPR_BYTEORDER_SIZE, size);
    return expression;
}

// The attributes that are registers
struct Registers {
    std::string_view name;
    std::initializer_list<std::uint16_t> attributes;
};
// The second operand of bitwise is of nft 1.1.3, and not in older headers.
constexpr std::uint16_t bitwise_second = NFTNL_EXPR_BITWISE_DATA + 1;
const Registers registers[] = {
    {"payload", {NFTNL_EXPR_PAYLOAD_DREG}},
    {"meta", {NFTNL_EXPR_META_DREG, NFTNL_EXPR_META_SREG}},
    {"lookup", {NFTNL_EXPR_LOOKUP_SREG, NFTNL_EXPR_LOOKUP_DREG}},
    {"ct", {NFTNL_EXPR_CT_DREG}},
    {"rt", {NFTNL_EXPR_RT_DREG}},
    {"xfrm", {NFTNL_EXPR_XFRM_DREG}},
    {"bitwise", {NFTNL_EXPR_BITWISE_SREG, NFTNL_EXPR_BITWISE_DREG, bitwise_second}},
    {"byteorder", {NFTNL_EXPR_BYTEORDER_SREG, NFTNL_EXPR_BYTEORDER_DREG}},
    {"hash", {NFTNL_EXPR_HASH_SREG, NFTNL_EXPR_HASH_DREG}},
    {"numgen", {NFTNL_EXPR_NG_DREG}},
    {"fib", {NFTNL_EXPR_FIB_DREG}},
    {"socket", {NFTNL_EXPR_SOCKET_DREG}},
    {"osf", {NFTNL_EXPR_OSF_DREG}},
    {"exthdr", {NFTNL_EXPR_EXTHDR_DREG}},
    {"tunnel", {NFTNL_EXPR_TUNNEL_DREG}},
    {"immediate", {NFTNL_EXPR_IMM_DREG}},
    {"cmp", {NFTNL_EXPR_CMP_SREG}},
    {"range", {NFTNL_EXPR_RANGE_SREG}},
};

// By the size of one of the registers 1 to 4, which are four of the others each; false: there is
// none, or it is not known which it has.
bool move_register(nftnl_expr *expression) {
    for (const Registers &known : registers) {
        if (!is(expression, known.name))
            continue;
        for (const std::uint16_t attribute : known.attributes) {
            if (!nftnl_expr_is_set(expression, attribute))
                continue;
            const std::uint32_t number = nftnl_expr_get_u32(expression, attribute);
            const bool is_word = number >= NFT_REG32_00;
            if (number == NFT_REG_4 || number > NFT_REG32_11)
                return false;
            nftnl_expr_set_u32(expression, attribute, number + (is_word ? 4 : 1));
        }
        return true;
    }
    return false;
}

// The number of the register's upper bits
nftnl_expr *shifted(std::uint32_t from, std::uint32_t to, std::uint32_t bits) {
    nftnl_expr *expression = nftnl_expr_alloc("bitwise");
    if (!expression)
        throw std::bad_alloc();
    nftnl_expr_set_u32(expression, NFTNL_EXPR_BITWISE_SREG, from);
    nftnl_expr_set_u32(expression, NFTNL_EXPR_BITWISE_DREG, to);
    nftnl_expr_set_u32(expression, NFTNL_EXPR_BITWISE_LEN, sizeof(std::uint32_t));
    nftnl_expr_set_u32(expression, NFTNL_EXPR_BITWISE_OP, NFT_BITWISE_RSHIFT);
    nftnl_expr_set(expression, NFTNL_EXPR_BITWISE_DATA, &bits, sizeof bits);
    return expression;
}

// Not the one that there is: of that libnftnl's setter would lose the name.
nftnl_expr *reference_to(const std::string &mark) {
    nftnl_expr *expression = nftnl_expr_alloc("objref");
    if (!expression)
        throw std::bad_alloc();
    nftnl_expr_set_u32(expression, NFTNL_EXPR_OBJREF_IMM_TYPE, NFT_OBJECT_QUOTA);
    nftnl_expr_set_str(expression, NFTNL_EXPR_OBJREF_IMM_NAME, mark.c_str());
    return expression;
}

template <typename Number>
bool is_number(std::string_view bytes, Number number) {
    return bytes == std::string_view(reinterpret_cast<const char *>(&number), sizeof number);
}

}  // namespace

Field field_for(TableFamily table, const Statement &statement) {
    const bool ipv4 = std::get<Register>(statement.collector).family == NFPROTO_IPV4;
    switch (table) {
        case TableFamily::inet:
            return ipv4 ? inet_ip : inet_ip6;
        case TableFamily::ip:
            return ipv4 ? ip : foreign_ip6;
        case TableFamily::ip6:
            return ipv4 ? foreign_ip : ip6;
        case TableFamily::arp:
            return ipv4 ? arp : foreign_ip6;
        case TableFamily::bridge:
        case TableFamily::netdev:
            break;
    }
    return ipv4 ? ip : ip6;
}

Assignments::Assignments() = default;
Assignments::~Assignments() = default;

void Assignments::Free::operator()(nftnl_expr *expression) const {
    nftnl_expr_free(expression);
}

void Assignments::add(Run &run, nftnl_rule *rule, nftnl_expr *expression) {
    if (!is_incomplete() && rule != rule_) {
        rule_ = rule;
        is_unchecked_ = false;
        last_ = nullptr;
    }
    if (is_incomplete()) {
        // Between two assignments
        if (!object_of(expression).empty()) {
            unused_.emplace_back(expression);
            return;
        }
        held_.emplace_back(expression);
        if (is_write(expression))
            finish(run);
        return;
    }
    begin(run, expression);
}

// The next rule may have the address of this one.
void Assignments::end_rule(Run &run, const nlmsghdr &message) {
    if (is_incomplete())
        run.violation = "a part is lost";  // so short that it needs no memory
    rule_ = nullptr;
    if (maps_.empty())
        return;
    const std::string_view table = find_attribute(attributes_of(message), NFTA_RULE_TABLE).string();
    for (const std::string &map : std::exchange(maps_, {}))
        if (run.context.range_maps.contains(name_in_table(message, table, map)))
            run.violation = "the map '" + map +
                            "' gives ranges, a collector or key is one value: declare the map "
                            "without 'interval'";
}

// Outside of an assignment; one may begin.
void Assignments::begin(Run &run, nftnl_expr *expression) {
    const std::string_view name = object_of(expression);
    if (!name.empty() && run.context.registry.find(name).part == Registry::Part::end) {
        unused_.emplace_back(expression);
        return;
    }
    const Meaning *meaning = name.empty() ? nullptr : run.meaning_of(name);
    if (!meaning || !meaning->statement || !meaning->statement->has_expression()) {
        add_to_rule(run, expression);
        return;
    }
    mark_ = expression;
    statement_ = *meaning->statement;
    collector_.clear();
    if (const auto *collector = std::get_if<Register>(&statement_.collector))
        family_ = collector->family;
}

bool Assignments::is_write(const nftnl_expr *expression) const {
    if (is_key())
        return (is(expression, "meta") && nftnl_expr_is_set(expression, NFTNL_EXPR_META_SREG)) ||
               is_our_match(expression);
    return is(expression, "payload") && nftnl_expr_is_set(expression, NFTNL_EXPR_PAYLOAD_SREG);
}

// The one that JSON has instead of a write
bool Assignments::is_our_match(const nftnl_expr *expression) const {
    return is(expression, "cmp") && held_.size() > 1 && is_our_hash(held_[held_.size() - 2].get());
}

void Assignments::add_to_rule(Run &run, nftnl_expr *expression) {
    if (is_unchecked_ && is_check(last_, expression))
        is_unchecked_ = false;
    if (is_unchecked_ && reads_network_header(expression))
        run.violation =
            "a match of the IP header has to stand before a mirror whose collector is an "
            "expression without one";
    last_ = expression;
    real().rule_add_expr(rule_, expression);
}

bool Assignments::is_foreign() const {
    const std::uint32_t table = nftnl_rule_get_u32(rule_, NFTNL_RULE_FAMILY);
    return (table == NFPROTO_IPV4 && family_ == NFPROTO_IPV6) ||
           (table == NFPROTO_IPV6 && family_ == NFPROTO_IPV4) ||
           (table == NFPROTO_ARP && family_ == NFPROTO_IPV6);
}

// Do the two make sure that the packet is of the collector's family?
bool Assignments::is_check(const nftnl_expr *load, const nftnl_expr *compare) const {
    const std::string_view data = compared_with(compare);
    const bool ipv4 = family_ == NFPROTO_IPV4;
    if (reads_meta(load, NFT_META_NFPROTO))
        return is_number(data, static_cast<std::uint8_t>(family_));
    if (reads_meta(load, NFT_META_PROTOCOL) || reads_base(load, NFT_PAYLOAD_LL_HEADER))
        return is_number(data, htons(ipv4 ? ETH_P_IP : ETH_P_IPV6));
    // Of `ether type`
    return is_foreign() && reads_meta(load, NFT_META_IIFTYPE) &&
           is_number(data, std::uint16_t{ARPHRD_ETHER});
}

std::vector<std::size_t> Assignments::find_checks() const {
    std::vector<std::size_t> checks;
    for (std::size_t i = 0; i + 1 < held_.size() && is(held_[i + 1].get(), "cmp"); i += 2)
        if (is_check(held_[i].get(), held_[i + 1].get()))
            checks.insert(checks.end(), {i, i + 1});
    return checks;
}

// Is there such a one in the rule already?
bool Assignments::has_check(std::size_t check) const {
    const nftnl_expr *load = held_[check].get(), *compare = held_[check + 1].get();
    const std::unique_ptr<nftnl_expr_iter, decltype(&nftnl_expr_iter_destroy)> all(
        nftnl_expr_iter_create(rule_), &nftnl_expr_iter_destroy);
    const nftnl_expr *before = nullptr;
    while (const nftnl_expr *each = all ? nftnl_expr_iter_next(all.get()) : nullptr) {
        const bool same = is(before, nftnl_expr_get_str(load, NFTNL_EXPR_NAME)) &&
                          is_check(before, each) && compared_with(each) == compared_with(compare);
        if (same)
            return true;
        before = each;
    }
    return false;
}

void Assignments::finish(Run &run) {
    if (!is_key() && statement_.key_register) {
        collector_ = std::move(held_);
        held_.clear();
        return;
    }
    std::vector<Expression> key;
    if (is_key())
        key = std::exchange(held_, std::move(collector_));
    collector_.clear();
    if (!held_.empty()) {
        const bool is_read = std::any_of(key.begin(), key.end(), [](const Expression &each) {
            return reads_network_header(each.get());
        });
        check_bits(run);
        remember_maps();
        put_collector(run, is_read);
        for (const Expression &each : key)
            if (!move_register(each.get()))
                run.violation = "the key needs more registers than the collector leaves";
    }
    held_ = std::move(key);
    if (!held_.empty()) {
        check_bits(run);
        remember_maps();
        put_key(run);
    }
    held_.clear();
    nftnl_expr *reference = reference_to(run.context.registry.mark(statement_));
    unused_.emplace_back(std::exchange(mark_, nullptr));
    real().rule_add_expr(rule_, reference);
}

void Assignments::remember_maps() {
    for (const Expression &each : held_)
        if (is(each.get(), "lookup") && nftnl_expr_is_set(each.get(), NFTNL_EXPR_LOOKUP_DREG) &&
            nftnl_expr_is_set(each.get(), NFTNL_EXPR_LOOKUP_SET))
            maps_.emplace_back(nftnl_expr_get_str(each.get(), NFTNL_EXPR_LOOKUP_SET));
}

void Assignments::check_bits(Run &run) const {
    const char *const bits =
        "this nft cannot take some bits of a header (vlan id, ip dscp) for the key of a collector: "
        "write a rule for each value";
    // nft 1.1 forgets to mask them before an assignment.
    for (std::size_t i = 0; i + 1 < held_.size(); i++)
        if (reads_bits(held_[i].get()) && !is(held_[i + 1].get(), "bitwise") &&
            !is(held_[i + 1].get(), "cmp"))
            run.violation = bits;
    // Between the two nft brings the field to another byte order, and then forgets the parentheses.
    for (std::size_t i = 1; i + 1 < held_.size(); i++)
        if (is(held_[i].get(), "byteorder") && is(held_[i - 1].get(), "bitwise") &&
            is(held_[i + 1].get(), "bitwise"))
            run.violation =
                "nft does not list (FIELD & MASK) >> NUMBER, which some bits of a header are, too, "
                "as it reads them: take one operation, on whole bytes";
    // nft would not show that match, and could not load what it shows.
    if (any_held(reads_tag) && is_number(compared_with(last_), htons(ETH_P_8021Q)))
        run.violation = bits;
}

bool Assignments::any_held(bool (*has_it)(const nftnl_expr *)) const {
    return std::any_of(held_.begin(), held_.end(),
                       [has_it](const Expression &expression) { return has_it(expression.get()); });
}

// Of what nft matches for the expression all is needed: the assignment alone needs nothing.
void Assignments::put_key(Run &run) {
    const nftnl_expr *write = held_.back().get();
    const std::size_t last = held_.size() - 1;
    const nftnl_expr *hash =
        last > 0 && is_our_hash(held_[last - 1].get()) ? held_[last - 1].get() : nullptr;
    std::uint32_t number = 0, size = 0;
    if (hash) {
        // nft shows them as raw bytes, which it does not take back.
        if (any_held(reads_bits) || shifts_header())
            run.violation =
                "this nft cannot take some bits of a header (vlan id, ip dscp) for a key: write a "
                "rule for each value";
        number = nftnl_expr_get_u32(hash, NFTNL_EXPR_HASH_SREG);
        size = nftnl_expr_get_u32(hash, NFTNL_EXPR_HASH_LEN);
        if (size != 1 && size != 2 && size != 4)
            run.violation = "the key is a number of 8, 16 or 32 bits, which this is not";
    } else {
        number = nftnl_expr_get_u32(write, NFTNL_EXPR_META_SREG);
    }
    const bool swapped = size > 1 && is_in_network_order(last - 1);
    for (Expression &expression : held_) {
        if (expression.get() != write && expression.get() != hash)
            add_to_rule(run, expression.release());
        else
            unused_.push_back(std::move(expression));
    }
    if (swapped)
        add_to_rule(run, to_host_order(number, size));
    if (begins_with_upper_bits && (size == 1 || size == 2)) {
        const std::uint32_t other = first_word(number) + 1;
        add_to_rule(run, shifted(number, other, 32 - 8 * size));
        number = other;
    }
    statement_.key_register = number;
}

// Of the last value before that place, which may be some bits of the one before it
bool Assignments::is_in_network_order(std::size_t before) const {
    while (before > 0 && is(held_[before - 1].get(), "bitwise"))
        before--;
    return before > 0 && is_big_endian(held_[before - 1].get());
}

// nft 1.0 and 1.1 shift some bits of several bytes (`@th,4,8`) as they stand in the header.
bool Assignments::shifts_header() const {
    for (std::size_t i = 0; i < held_.size(); i++)
        if (is(held_[i].get(), "bitwise") &&
            nftnl_expr_get_u32(held_[i].get(), NFTNL_EXPR_BITWISE_OP) == NFT_BITWISE_RSHIFT &&
            nftnl_expr_get_u32(held_[i].get(), NFTNL_EXPR_BITWISE_LEN) > 1 &&
            is_in_network_order(i))
            return true;
    return false;
}

void Assignments::put_collector(Run &run, bool is_read) {
    const nftnl_expr *write = held_.back().get();
    const std::vector<std::size_t> checks = find_checks();
    const bool needed = is_read || any_held(reads_network_header);
    const bool checked = !checks.empty() && has_check(checks.front());
    if (needed && (is_foreign() || (is_unchecked_ && checks.empty())))
        run.violation =
            "an expression with the IP header does not go with this table or the mirror before it";
    if (held_.size() > 1 && is(held_[held_.size() - 2].get(), "immediate"))
        run.violation = "the collector is a constant: write the address alone";
    std::uint32_t number = nftnl_expr_get_u32(write, NFTNL_EXPR_PAYLOAD_SREG);
    const bool keep = needed && !checked;
    const bool was_unchecked = std::exchange(is_unchecked_, false);
    for (std::size_t i = 0; i < held_.size(); i++) {
        const bool is_check = std::find(checks.begin(), checks.end(), i) != checks.end();
        const bool stays = held_[i].get() != write && (!is_check || keep);
        if (stays)
            add_to_rule(run, held_[i].release());
        else
            unused_.push_back(std::move(held_[i]));
    }
    is_unchecked_ = !checks.empty() ? !keep && !checked : was_unchecked;
    std::get<Register>(statement_.collector).number = number;
}

}  // namespace rmirror::plugin
