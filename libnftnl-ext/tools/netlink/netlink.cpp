// SPDX-License-Identifier: GPL-2.0-only
#include "netlink.hpp"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

namespace rmirror::tools {

namespace {

// A dump comes in messages of up to 32 KiB.
constexpr std::size_t answer_size = 65536;
constexpr std::uint32_t sequence = 1;
constexpr int attempts = 10;

int take_message(const nlmsghdr *message, void *data) {
    (*static_cast<const std::function<void(const nlmsghdr &)> *>(data))(*message);
    return MNL_CB_OK;
}

}  // namespace

Request::Request(std::uint16_t type, std::uint16_t flags)
    : header_(mnl_nlmsg_put_header(buffer_->bytes.data())) {
    header_->nlmsg_type = type;
    header_->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    header_->nlmsg_seq = sequence;
}

void Request::put_network(std::uint16_t type, std::uint32_t value) {
    put(type, htonl(value));
}

Netlink::Netlink(int bus) : socket_(mnl_socket_open2(bus, SOCK_CLOEXEC), mnl_socket_close) {
    if (!socket_ || mnl_socket_bind(socket_.get(), 0, MNL_SOCKET_AUTOPID) < 0)
        error_ = errno;
}

int Netlink::ask(const Request &request, const std::function<void(const nlmsghdr &)> &take) {
    if (error_ != 0)
        return error_;
    if (mnl_socket_sendto(socket_.get(), request.get(), request.get()->nlmsg_len) < 0)
        return errno;
    const bool is_dump = (request.get()->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
    std::vector<char> answer(answer_size);
    for (;;) {
        const auto size = mnl_socket_recvfrom(socket_.get(), answer.data(), answer.size());
        if (size < 0)
            return errno;
        const int more = mnl_cb_run(answer.data(), static_cast<std::size_t>(size), sequence,
                                    mnl_socket_get_portid(socket_.get()), take_message,
                                    const_cast<std::function<void(const nlmsghdr &)> *>(&take));
        if (more < 0)
            return errno;
        if (more == MNL_CB_STOP || !is_dump)
            return 0;
    }
}

int dump(int bus, const Request &request, const std::function<void()> &begin,
         const std::function<void(const nlmsghdr &)> &take) {
    int error = EINTR;
    for (int attempt = 0; error == EINTR && attempt < attempts; attempt++) {
        begin();
        error = Netlink(bus).ask(request, take);
    }
    return error;
}

namespace {

// Around what nf_tables is to do at once
Request batch_mark(std::uint16_t type) {
    Request request(type, 0);
    request.extra<nfgenmsg>().res_id = htons(NFNL_SUBSYS_NFTABLES);
    return request;
}

std::vector<char> bytes_of(const std::vector<Request> &requests) {
    std::vector<char> bytes;
    for (const Request &request : requests) {
        const auto *begin = reinterpret_cast<const char *>(request.get());
        bytes.insert(bytes.end(), begin, begin + MNL_ALIGN(request.get()->nlmsg_len));
    }
    return bytes;
}

}  // namespace

int Netlink::change(std::vector<Request> requests) {
    if (error_ != 0)
        return error_;
    // Errors come in any case; that nothing else comes is told by the last one.
    requests.back().add_flags(NLM_F_ACK);
    requests.insert(requests.begin(), batch_mark(NFNL_MSG_BATCH_BEGIN));
    requests.push_back(batch_mark(NFNL_MSG_BATCH_END));
    const std::vector<char> bytes = bytes_of(requests);
    if (mnl_socket_sendto(socket_.get(), bytes.data(), bytes.size()) < 0)
        return errno;
    std::vector<char> answer(answer_size);
    int more = MNL_CB_OK;
    while (more > MNL_CB_STOP) {
        const auto size = mnl_socket_recvfrom(socket_.get(), answer.data(), answer.size());
        if (size < 0)
            return errno;
        more = mnl_cb_run(answer.data(), static_cast<std::size_t>(size), sequence,
                          mnl_socket_get_portid(socket_.get()), nullptr, nullptr);
    }
    return more < 0 ? errno : 0;
}

namespace {

// libmnl's loops are macros for C.
std::vector<const nlattr *> attributes(const void *begin, std::size_t size) {
    std::vector<const nlattr *> all;
    const auto *end = static_cast<const char *>(begin) + size;
    const auto *attribute = static_cast<const nlattr *>(begin);
    const auto left = [&] { return end - reinterpret_cast<const char *>(attribute); };
    for (; mnl_attr_ok(attribute, static_cast<int>(left())); attribute = mnl_attr_next(attribute))
        all.push_back(attribute);
    return all;
}

const nlattr *find(const std::vector<const nlattr *> &all, std::uint16_t type) {
    for (const nlattr *attribute : all)
        if (mnl_attr_get_type(attribute) == type)
            return attribute;
    return nullptr;
}

}  // namespace

std::vector<const nlattr *> attributes_of(const nlattr *nest) {
    if (nest == nullptr)
        return {};
    return attributes(mnl_attr_get_payload(nest), mnl_attr_get_payload_len(nest));
}

std::vector<const nlattr *> attributes_of(const nlmsghdr &message, std::size_t header) {
    const std::size_t aligned = MNL_ALIGN(header);
    if (mnl_nlmsg_get_payload_len(&message) < aligned)
        return {};
    return attributes(mnl_nlmsg_get_payload_offset(&message, header),
                      mnl_nlmsg_get_payload_len(&message) - aligned);
}

const nlattr *find_attribute(const nlattr *nest, std::uint16_t type) {
    return find(attributes_of(nest), type);
}

const nlattr *find_attribute(const nlmsghdr &message, std::size_t header, std::uint16_t type) {
    return find(attributes_of(message, header), type);
}

std::string string_of(const nlattr *attribute) {
    if (attribute == nullptr)
        return {};
    const std::string_view text(static_cast<const char *>(mnl_attr_get_payload(attribute)),
                                mnl_attr_get_payload_len(attribute));
    return std::string(text.substr(0, text.find('\0')));
}

std::uint32_t number_of(const nlattr *attribute) {
    std::uint32_t value = 0;
    if (attribute != nullptr && mnl_attr_get_payload_len(attribute) >= sizeof value)
        std::memcpy(&value, mnl_attr_get_payload(attribute), sizeof value);
    return value;
}

std::uint32_t network_number_of(const nlattr *attribute) {
    return ntohl(number_of(attribute));
}

}  // namespace rmirror::tools
