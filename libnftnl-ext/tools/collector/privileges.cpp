// SPDX-License-Identifier: GPL-2.0-only
#include "privileges.hpp"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "descriptor.hpp"

namespace rmirror::collector {

std::optional<Error> drop_privileges() {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return system_error("cannot give up new privileges");
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    const __user_cap_data_struct none[2] = {};
    // libcap would be a dependency for this one call.
    if (syscall(SYS_capset, &header, none) != 0)
        return system_error("cannot give up capabilities");
    return std::nullopt;
}

}  // namespace rmirror::collector
