// SPDX-License-Identifier: GPL-2.0-only
//
// A message is built and thrown away: nothing else shows what the dynamic linker chose.
#include "probe.hpp"

#include <libmnl/libmnl.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>

#include <memory>

#include "run.hpp"

namespace rmirror::plugin {

namespace {

bool probe() {
    std::unique_ptr<nftnl_rule, decltype(&nftnl_rule_free)> rule(nftnl_rule_alloc(),
                                                                 &nftnl_rule_free);
    nftnl_expr *expression = nftnl_expr_alloc("log");
    if (!rule || !expression)
        return false;
    nftnl_rule_add_expr(rule.get(), expression);
    alignas(nlmsghdr) char buffer[1024];
    nlmsghdr *message = mnl_nlmsg_put_header(buffer);
    thread_current.probing = true;
    thread_current.answered = false;
    nftnl_rule_nlmsg_build_payload(message, rule.get());
    thread_current.probing = false;
    return thread_current.answered;
}

}  // namespace

bool hooks_reached() {
    static const bool reached = probe();
    return reached;
}

}  // namespace rmirror::plugin
