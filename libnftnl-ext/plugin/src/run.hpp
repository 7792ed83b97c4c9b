// SPDX-License-Identifier: GPL-2.0-only
//
// One command while libnftables works on it. libnftables does everything in the thread that called
// it, so the hooks find their command in a thread-local pointer; a thread that uses libnftnl for
// itself has none, and the hooks leave it alone.
#pragma once

#include <string>

#include "assignment.hpp"
#include "carrier.hpp"
#include "context.hpp"

namespace rmirror::plugin {

struct Run {
    explicit Run(Context &run_context) : context(run_context) {}

    Context &context;
    Carriers carriers;
    Assignments assignments;
    bool json_statements = false;  // the input is JSON and marks of it are to be sent
    bool json_expressions = false;
    std::string violation;  // what must not happen did: nothing may be sent
    // The batch that the guard has seen
    const void *passed_first = nullptr;
    std::size_t passed_count = 0;

    bool sends_statements() const { return json_statements || !carriers.empty(); }
    bool sends_expressions() const { return json_expressions || carriers.has_expressions(); }
    // What the name of a quota stands for; null: nothing of ours.
    const Meaning *meaning_of(std::string_view name) const;
};

// What the hooks know without an argument; one thread-local object, as each of its own costs a
// call.
struct Current {
    Run *run = nullptr;
    // A message is built to see whether the hooks are reached, and one was: probe.hpp
    bool probing = false;
    bool answered = false;
    // The context that nft_ctx_free() is freeing: it clears things through functions of ours
    const nft_ctx *freed = nullptr;
    // libnftnl is reading a rule from the kernel
    bool parsing = false;
};
extern constinit thread_local Current thread_current;

inline Run *current_run() {
    return thread_current.run;
}

class CurrentRun {
public:
    explicit CurrentRun(Run &run);
    ~CurrentRun();
    CurrentRun(const CurrentRun &) = delete;
};

}  // namespace rmirror::plugin
