// SPDX-License-Identifier: GPL-2.0-only
#include "vm/support/module.hpp"

#include <chrono>
#include <fstream>
#include <thread>

#include "vm/support/command.hpp"
#include "vm/support/time_scale.hpp"

namespace rmirror::vm {
namespace {

constexpr const char *modprobe = "/proc/sys/kernel/modprobe";
constexpr std::chrono::milliseconds patience = std::chrono::seconds(10);

bool is_in_use(const std::string &name) {
    int users = 0;
    std::ifstream("/sys/module/" + name + "/refcnt") >> users;
    return users > 0;
}

bool is_loaded(const std::string &name) {
    return std::ifstream("/sys/module/" + name + "/refcnt").good();
}

}  // namespace

bool has_module(const std::string &name) {
    return is_loaded(name) || run_command({"modprobe", "-q", name}).status == 0;
}

void remove_module(const std::string &name) {
    const auto deadline = std::chrono::steady_clock::now() + scaled(patience);
    while (is_in_use(name) && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    if (is_loaded(name))
        require_command({"rmmod", name});
}

NoModprobe::NoModprobe() {
    std::getline(std::ifstream(modprobe), before_);
    std::ofstream(modprobe) << "/bin/false";
}

NoModprobe::~NoModprobe() {
    std::ofstream(modprobe) << before_;
}

std::string missing_modules(const std::vector<std::string> &names) {
    std::string missing;
    for (const std::string &name : names)
        if (run_command({"modprobe", name}).status != 0)
            missing += " " + name;
    return missing;
}

}  // namespace rmirror::vm
