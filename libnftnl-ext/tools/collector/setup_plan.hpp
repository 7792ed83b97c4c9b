// SPDX-License-Identifier: GPL-2.0-only
//
// `rmirror collector setup`: which Linux device takes the copies of a mirror, the commands that
// make it, and how receivers listen on it.
#pragma once

#include <linux/netfilter/rmirror.h>

#include <optional>
#include <rmirror/statement.hpp>
#include <span>
#include <string>
#include <vector>

namespace rmirror::collector {

enum class Action { print, up, down };

struct SetupOptions {
    std::optional<rmirror_encap> encap;
    std::optional<std::uint32_t> key;
    std::optional<std::uint16_t> port;
    std::optional<Address> local;  // the collector's, which the mirror sends to
    std::optional<Address> from;   // the mirror's
    std::string device;            // where copies arrive
    std::string name = "mirror0";  // of the device that is made
    bool platform = false;         // erspan3 with its sub-header
    Action action = Action::print;
    bool help = false;
};

struct Step {
    std::vector<std::string> command;
    std::string why;

    std::string to_text() const;  // as for a shell
};

struct Plan {
    std::vector<Step> up;
    std::vector<Step> down;
    std::vector<std::string> notes;
    std::string listen;     // the device on which receivers listen
    bool is_made = false;   // it is one that `up` makes
    std::string receivers;  // of them, those that take the copies from the wire, without a device
};

// The words behind `setup`
Result<SetupOptions> parse_setup(std::span<const char *const> words);
const char *setup_usage();

// An error where Linux has no such device: what to do instead
Result<Plan> make_plan(const SetupOptions &options);
// What `setup` prints
std::string plan_text(const SetupOptions &options, const Plan &plan);

// The device's alias, by which --down knows what --up has made
extern const char *const setup_alias;

}  // namespace rmirror::collector
