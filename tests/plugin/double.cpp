// SPDX-License-Identifier: GPL-2.0-only
//
// A stand-in for a kernel that has the rmirror expression, preloaded into nft. The real kernel
// keeps the rules; all it does not know is the expression. So on the way to it each rmirror
// expression becomes a chain of immediate expressions that hold its attributes, byte for byte, and
// on the way back (dump, echo, monitor) those become the rmirror expression again. nft and the
// plugin see netlink messages with rmirror expressions, both ways.
//
// RMIRROR_DOUBLE_SENT=file    each expression sent is appended there: its attributes as one hex
// line RMIRROR_DOUBLE_REFUSE=errno the expression is refused with this number
// RMIRROR_DOUBLE_DUMP=hex     dumped expressions have these attributes instead of their own
#include <arpa/inet.h>
#include <dlfcn.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t chunk_size = 16;  // of an immediate expression
constexpr std::string_view magic = "rmirror dbl";
// Of a translated message, for one of that length: each attribute becomes at most so much longer.
constexpr std::size_t room_for(std::size_t length) {
    return 8 * length + 4096;
}

using Buffer = std::vector<std::uint8_t>;

template <typename Function>
Function *next(Function *, const char *name) {
    return reinterpret_cast<Function *>(dlsym(RTLD_NEXT, name));
}

bool is_rule(const nlmsghdr *message) {
    return (message->nlmsg_type & ~1) == ((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWRULE) ||
           message->nlmsg_type == ((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_DELRULE);
}

// libmnl's loops are macros for C.
std::vector<const nlattr *> attributes(const void *begin, std::size_t size) {
    std::vector<const nlattr *> all;
    const auto *attribute = static_cast<const nlattr *>(begin);
    const auto *end = static_cast<const char *>(begin) + size;
    while (
        mnl_attr_ok(attribute, static_cast<int>(end - reinterpret_cast<const char *>(attribute)))) {
        all.push_back(attribute);
        attribute = mnl_attr_next(attribute);
    }
    return all;
}

std::vector<const nlattr *> nested(const nlattr *nest) {
    if (!nest)
        return {};
    return attributes(mnl_attr_get_payload(nest), mnl_attr_get_payload_len(nest));
}

const nlattr *find(const nlattr *nest, std::uint16_t type) {
    for (const nlattr *attribute : nested(nest))
        if (mnl_attr_get_type(attribute) == type)
            return attribute;
    return nullptr;
}

std::string name_of(const nlattr *element) {
    const nlattr *name = find(element, NFTA_EXPR_NAME);
    return name ? mnl_attr_get_str(name) : "";
}

std::string hex(const void *data, std::size_t size) {
    std::string text;
    for (std::size_t i = 0; i < size; i++) {
        char two[3];
        std::snprintf(two, sizeof two, "%02x", static_cast<const std::uint8_t *>(data)[i]);
        text += two;
    }
    return text;
}

Buffer unhex(std::string_view text) {
    Buffer bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2)
        bytes.push_back(static_cast<std::uint8_t>(
            std::strtoul(std::string(text.substr(i, 2)).c_str(), nullptr, 16)));
    return bytes;
}

void record_sent(const nlattr *data) {
    const char *path = std::getenv("RMIRROR_DOUBLE_SENT");
    if (!path)
        return;
    if (FILE *file = std::fopen(path, "a")) {
        std::fprintf(file, "%s\n",
                     hex(mnl_attr_get_payload(data), mnl_attr_get_payload_len(data)).c_str());
        std::fclose(file);
    }
}

void put_immediate(nlmsghdr *out, const void *bytes, bool complete = true) {
    nlattr *element = mnl_attr_nest_start(out, NFTA_LIST_ELEM);
    mnl_attr_put_strz(out, NFTA_EXPR_NAME, "immediate");
    nlattr *data = mnl_attr_nest_start(out, NFTA_EXPR_DATA);
    if (complete) {
        mnl_attr_put_u32(out, NFTA_IMMEDIATE_DREG, htonl(NFT_REG_1));
        nlattr *value = mnl_attr_nest_start(out, NFTA_IMMEDIATE_DATA);
        mnl_attr_put(out, NFTA_DATA_VALUE, chunk_size, bytes);
        mnl_attr_nest_end(out, value);
    }
    mnl_attr_nest_end(out, data);
    mnl_attr_nest_end(out, element);
}

// rmirror -> immediates
void put_stand_in(nlmsghdr *out, const nlattr *element) {
    const nlattr *data = find(element, NFTA_EXPR_DATA);
    record_sent(data);
    if (std::getenv("RMIRROR_DOUBLE_REFUSE")) {
        put_immediate(out, nullptr, false);  // EINVAL, changed on the way back
        return;
    }
    std::size_t size = mnl_attr_get_payload_len(data);
    Buffer bytes(chunk_size * (1 + (size + chunk_size - 1) / chunk_size));
    std::memcpy(bytes.data(), magic.data(), magic.size());
    bytes[chunk_size - 1] = static_cast<std::uint8_t>(size);
    std::memcpy(bytes.data() + chunk_size, mnl_attr_get_payload(data), size);
    for (std::size_t at = 0; at < bytes.size(); at += chunk_size)
        put_immediate(out, bytes.data() + at);
}

const std::uint8_t *chunk_of(const nlattr *element) {
    if (name_of(element) != "immediate")
        return nullptr;
    const nlattr *data = find(find(element, NFTA_EXPR_DATA), NFTA_IMMEDIATE_DATA);
    const nlattr *value = find(data, NFTA_DATA_VALUE);
    return value && mnl_attr_get_payload_len(value) == chunk_size
               ? static_cast<const std::uint8_t *>(mnl_attr_get_payload(value))
               : nullptr;
}

void put_rmirror(nlmsghdr *out, const Buffer &attributes) {
    const char *instead = std::getenv("RMIRROR_DOUBLE_DUMP");
    Buffer bytes = instead ? unhex(instead) : attributes;
    nlattr *element = mnl_attr_nest_start(out, NFTA_LIST_ELEM);
    mnl_attr_put_strz(out, NFTA_EXPR_NAME, "rmirror");
    mnl_attr_put(out, NFTA_EXPR_DATA | NLA_F_NESTED, bytes.size(), bytes.data());
    mnl_attr_nest_end(out, element);
}

void copy(nlmsghdr *out, const nlattr *attribute) {
    std::memcpy(mnl_nlmsg_get_payload_tail(out), attribute, attribute->nla_len);
    out->nlmsg_len += MNL_ALIGN(attribute->nla_len);
}

void put_for_kernel(nlmsghdr *out, const nlattr *expressions) {
    nlattr *list = mnl_attr_nest_start(out, NFTA_RULE_EXPRESSIONS);
    for (const nlattr *element : nested(expressions)) {
        if (name_of(element) == "rmirror")
            put_stand_in(out, element);
        else
            copy(out, element);
    }
    mnl_attr_nest_end(out, list);
}

void put_for_nft(nlmsghdr *out, const nlattr *expressions) {
    nlattr *list = mnl_attr_nest_start(out, NFTA_RULE_EXPRESSIONS);
    std::size_t missing = 0;
    Buffer bytes;
    for (const nlattr *element : nested(expressions)) {
        const std::uint8_t *chunk = chunk_of(element);
        if (missing && chunk) {
            std::size_t part = std::min(missing, chunk_size);
            bytes.insert(bytes.end(), chunk, chunk + part);
            missing -= part;
            if (!missing)
                put_rmirror(out, bytes);
        } else if (chunk && std::memcmp(chunk, magic.data(), magic.size()) == 0) {
            bytes.clear();
            missing = chunk[chunk_size - 1];
        } else {
            copy(out, element);
        }
    }
    mnl_attr_nest_end(out, list);
}

// Appends message to out, with its expressions put by put.
void translate(const nlmsghdr *message, Buffer &out, void (*put)(nlmsghdr *, const nlattr *)) {
    std::size_t begin = out.size();
    out.resize(begin + room_for(message->nlmsg_len));
    auto *copied = reinterpret_cast<nlmsghdr *>(out.data() + begin);
    std::size_t headers = MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(nfgenmsg));
    std::memcpy(copied, message, headers);
    copied->nlmsg_len = static_cast<std::uint32_t>(headers);
    const auto *first = reinterpret_cast<const std::uint8_t *>(message) + headers;
    for (const nlattr *attribute : attributes(first, message->nlmsg_len - headers)) {
        if (mnl_attr_get_type(attribute) == NFTA_RULE_EXPRESSIONS)
            put(copied, attribute);
        else
            copy(copied, attribute);
    }
    out.resize(begin + MNL_ALIGN(copied->nlmsg_len));
}

void translate_all(const std::uint8_t *bytes, std::size_t size, Buffer &out,
                   void (*put)(nlmsghdr *, const nlattr *)) {
    auto *message = reinterpret_cast<const nlmsghdr *>(bytes);
    int left = static_cast<int>(size);
    for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
        if (is_rule(message)) {
            translate(message, out, put);
            continue;
        }
        const auto *begin = reinterpret_cast<const std::uint8_t *>(message);
        out.insert(out.end(), begin, begin + message->nlmsg_len);
        out.resize(MNL_ALIGN(out.size()));
    }
}

void change_errors(std::uint8_t *bytes, std::size_t size, int number) {
    auto *message = reinterpret_cast<nlmsghdr *>(bytes);
    int left = static_cast<int>(size);
    for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
        auto *error = static_cast<nlmsgerr *>(mnl_nlmsg_get_payload(message));
        if (message->nlmsg_type == NLMSG_ERROR && error->error == -EINVAL)
            error->error = -number;
    }
}

}  // namespace

extern "C" __attribute__((visibility("default"))) ssize_t sendmsg(int fd, const msghdr *message,
                                                                  int flags) {
    static auto *const real = next(&sendmsg, "sendmsg");
    const auto *to = static_cast<const sockaddr *>(message->msg_name);
    if (!to || to->sa_family != AF_NETLINK)
        return real(fd, message, flags);
    Buffer all;
    for (std::size_t i = 0; i < message->msg_iovlen; i++)
        translate_all(static_cast<const std::uint8_t *>(message->msg_iov[i].iov_base),
                      message->msg_iov[i].iov_len, all, put_for_kernel);
    iovec part{all.data(), all.size()};
    msghdr changed = *message;
    changed.msg_iov = &part;
    changed.msg_iovlen = 1;
    return real(fd, &changed, flags);
}

extern "C" __attribute__((visibility("default"))) ssize_t recvmsg(int fd, msghdr *message,
                                                                  int flags) {
    static auto *const real = next(&recvmsg, "recvmsg");
    ssize_t got = real(fd, message, flags);
    const auto *from = static_cast<const sockaddr *>(message->msg_name);
    if (got <= 0 || message->msg_iovlen != 1 || !from || from->sa_family != AF_NETLINK)
        return got;
    auto *bytes = static_cast<std::uint8_t *>(message->msg_iov[0].iov_base);
    Buffer all;
    translate_all(bytes, static_cast<std::size_t>(got), all, put_for_nft);
    if (all.size() > message->msg_iov[0].iov_len)
        std::abort();
    std::memcpy(bytes, all.data(), all.size());
    if (const char *number = std::getenv("RMIRROR_DOUBLE_REFUSE"))
        change_errors(bytes, all.size(), std::atoi(number));
    return static_cast<ssize_t>(all.size());
}
