// SPDX-License-Identifier: GPL-2.0-only
//
// The last check before anything leaves the process: a carrier that would reach the kernel as the
// quota statement it looks like, because the hook that converts it was not called, stops the whole
// batch. The kernel would refuse it too, with words that nobody understands. Two places, because
// neither is always ours: libnftables calls sendmsg(2), which a program that loads it with
// dlopen(3) finds in the C library; and before that nftnl_batch_iovec, which a program linked with
// libnftnl finds there.
#include <dlfcn.h>
#include <linux/netfilter/nf_tables.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>

#include "attributes.hpp"
#include "export.hpp"
#include "real.hpp"
#include "run.hpp"

namespace rmirror::plugin {

namespace {

bool is_carrier(const Run &run, const Attribute &element) {
    if (!is_object_reference(element.payload))
        return false;
    std::string_view name = object_name(element.payload);
    return run.meaning_of(name) || name.starts_with(Registry::stem());
}

bool holds_carrier(const Run &run, const nlmsghdr &message) {
    if (!is_rule(message))
        return false;
    Bytes expressions = find_attribute(attributes_of(message), NFTA_RULE_EXPRESSIONS).payload;
    while (Attribute element = take_attribute(expressions))
        if (is_carrier(run, element))
            return true;
    return false;
}

bool holds_carrier(const Run &run, const iovec &part) {
    // A quick look at the whole of it for `objref`, by its rarest letter: most batches have none.
    std::string_view bytes(static_cast<const char *>(part.iov_base), part.iov_len);
    if (bytes.find("jref") == bytes.npos)
        return false;
    auto *message = static_cast<const nlmsghdr *>(part.iov_base);
    auto left = static_cast<int>(part.iov_len);
    for (; NLMSG_OK(message, static_cast<unsigned int>(left)); message = NLMSG_NEXT(message, left))
        if (holds_carrier(run, *message))
            return true;
    return false;
}

using Sendmsg = ssize_t(int, const msghdr *, int);
constinit Sendmsg *next_sendmsg = nullptr;

// When the library is loaded: later, a thread that holds a lock, a signal handler or a child of a
// process with threads may be the first to send something, and this takes locks. There may be more
// than one layer: the next one after us is ours to call.
[[gnu::constructor]] void find_sendmsg() {
    next_sendmsg = reinterpret_cast<Sendmsg *>(dlsym(RTLD_NEXT, "sendmsg"));
}

// May this be sent? What nftnl_batch_iovec has passed comes again with sendmsg.
bool may_pass(Run &run, const iovec *parts, std::size_t count) noexcept {
    if (count && run.passed_first == parts[0].iov_base && run.passed_count == count)
        return run.violation.empty();
    try {
        for (std::size_t i = 0; run.violation.empty() && i < count; i++)
            if (holds_carrier(run, parts[i]))
                run.violation =
                    "an rmirror statement would have reached the kernel as a placeholder";
        if (count) {
            run.passed_first = parts[0].iov_base;
            run.passed_count = count;
        }
        return run.violation.empty();
    } catch (...) {
        return false;
    }
}

}  // namespace

}  // namespace rmirror::plugin

using namespace rmirror::plugin;

RMIRROR_EXPORT void nftnl_batch_iovec(nftnl_batch *batch, iovec *iov, std::uint32_t iovlen) {
    real().batch_iovec(batch, iov, iovlen);
    Run *run = current_run();
    // An empty datagram: the kernel does nothing, and the command fails in the end.
    if (run && run->sends_statements() && !may_pass(*run, iov, iovlen))
        for (std::uint32_t i = 0; i < iovlen; i++)
            iov[i].iov_len = 0;
}

RMIRROR_EXPORT ssize_t sendmsg(int fd, const msghdr *message, int flags) {
    Run *run = current_run();
    if (run && run->sends_statements() && !may_pass(*run, message->msg_iov, message->msg_iovlen)) {
        errno = ECANCELED;
        return -1;
    }
    if (!next_sendmsg)
        find_sendmsg();  // for a constructor that runs before ours
    return next_sendmsg(fd, message, flags);
}
