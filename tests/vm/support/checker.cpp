// SPDX-License-Identifier: GPL-2.0-only
#include "vm/support/checker.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace rmirror::vm {
namespace {

constexpr const char *file = "/proc/thread-self/net/rmirror_checker";

// One write() is one order.
void order(const std::string &words) {
    const FileDescriptor out(check_errno(open(file, O_WRONLY | O_CLOEXEC), file));
    check_errno(static_cast<int>(write(out.get(), words.data(), words.size())), words);
}

}  // namespace

Checker::Checker(const NetNs &netns, const std::vector<std::string> &devices) : netns_(&netns) {
    require_command({"modprobe", "rmirror_checker"});
    netns.run([&] {
        order("start");
        for (const std::string &device : devices)
            order("device " + device);
    });
}

void Checker::stamp(std::uint64_t nanoseconds) const {
    netns_->run([&] { order("stamp " + std::to_string(nanoseconds)); });
}

std::map<std::string, std::uint64_t> Checker::read() const {
    return netns_->run([] {
        std::ifstream in(file);
        std::map<std::string, std::uint64_t> fields;
        std::string name;
        for (std::uint64_t count = 0; in >> name >> count;)
            fields[name] = count;
        if (!fields.contains("compared") || !fields.contains("changed"))
            throw std::runtime_error(std::string(file) + " cannot be read");
        return fields;
    });
}

std::uint64_t Checker::compared() const {
    return read().at("compared");
}

std::map<std::string, std::uint64_t> Checker::changes() const {
    std::map<std::string, std::uint64_t> fields = read();
    fields.erase("compared");
    fields.erase("changed");
    return fields;
}

::testing::AssertionResult Checker::saw_no_change() const {
    const std::map<std::string, std::uint64_t> fields = read();
    if (fields.at("compared") != 0 && fields.at("changed") == 0)
        return ::testing::AssertionSuccess();
    std::ostringstream all;
    for (const auto &[name, count] : fields)
        all << "\n" << name << " " << count;
    return ::testing::AssertionFailure()
           << "the original was not the same, or not seen:" << all.str();
}

}  // namespace rmirror::vm
