// SPDX-License-Identifier: GPL-2.0-only
//
// What is inside NFTA_EXPR_DATA.
#include <libmnl/libmnl.h>

#include <cstring>

#include "message.hpp"
#include "objects.hpp"

using namespace rmirror;

int rmirror_stmt_build_payload(nlmsghdr *nlh, std::size_t size, const rmirror_stmt *stmt,
                               rmirror_err *err) {
    return c::guarded(-1, err, [=] {
        if (!c::is_valid(stmt, err))
            return -1;
        const auto attributes = encode(stmt->statement);
        if (c::room(nlh, size) < attributes.size()) {
            c::fail(err, ENOBUFS, c::no_room);
            return -1;
        }
        std::memcpy(mnl_nlmsg_get_payload_tail(nlh), attributes.data(), attributes.size());
        c::grow(nlh, attributes.size());
        return 0;
    });
}

rmirror_stmt *rmirror_stmt_parse_payload(const void *data, std::size_t data_len, rmirror_err *err) {
    return c::guarded<rmirror_stmt *>(nullptr, err, [=]() -> rmirror_stmt * {
        auto statement = decode({static_cast<const std::uint8_t *>(data), data_len});
        if (!statement) {
            c::fail(err, statement.error());
            return nullptr;
        }
        return c::release(std::move(*statement));
    });
}
