// SPDX-License-Identifier: GPL-2.0-only
#pragma once

namespace rmirror::tools {

// `rmirror collector`: argv[0] is that word, the options follow. Returns the exit status: 0, 1 when
// it could not go on, 2 for a wrong command line.
int collector_main(int argc, char **argv);

}  // namespace rmirror::tools
