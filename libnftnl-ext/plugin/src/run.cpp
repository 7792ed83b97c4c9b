// SPDX-License-Identifier: GPL-2.0-only
//
// The hooks have no argument that names the command: a thread-local pointer does.
#include "run.hpp"

namespace rmirror::plugin {

namespace {
thread_local Run *current = nullptr;
}  // namespace

const Meaning *Run::meaning_of(std::string_view name) const {
    if (const Carried *carried = carriers.find(name))
        return &carried->meaning;
    Registry::Found found = context.registry.find(name);
    return found.meaning && found.length == name.size() ? found.meaning : nullptr;
}

Run *current_run() {
    return current;
}

CurrentRun::CurrentRun(Run &run) {
    current = &run;
}

CurrentRun::~CurrentRun() {
    current = nullptr;
}

}  // namespace rmirror::plugin
