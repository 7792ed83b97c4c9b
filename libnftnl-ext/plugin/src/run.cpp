// SPDX-License-Identifier: GPL-2.0-only
//
// The hooks have no argument that names the command: a thread-local pointer does.
#include "run.hpp"

namespace rmirror::plugin {

constinit thread_local Current thread_current;

const Meaning *Run::meaning_of(std::string_view name) const {
    if (const Carried *carried = carriers.find(name))
        return &carried->meaning;
    Registry::Found found = context.registry.find(name);
    const bool is_whole = found.length == name.size() && found.part == Registry::Part::begin;
    return is_whole ? found.meaning : nullptr;
}

CurrentRun::CurrentRun(Run &run) {
    thread_current.run = &run;
}

CurrentRun::~CurrentRun() {
    thread_current.run = nullptr;
}

}  // namespace rmirror::plugin
