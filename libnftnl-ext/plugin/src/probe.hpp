// SPDX-License-Identifier: GPL-2.0-only
//
// Do the hooks of this library reach libnftnl? Not in a process that has libnftnl before us in its
// symbol scope: then a carrier would be sent as the quota statement it looks like.
#pragma once

namespace rmirror::plugin {

// Builds a message through libnftnl and looks whether our hook was called.
bool hooks_reached();

// False in the library the tests use to see that the guard holds without the hook.
#ifdef RMIRROR_TEST_WITHOUT_PAYLOAD_HOOK
inline constexpr bool payload_hook_works = false;
#else
inline constexpr bool payload_hook_works = true;
#endif

}  // namespace rmirror::plugin
