// SPDX-License-Identifier: GPL-2.0-only
//
// The subcommands of rmirror(8). Each gets its own name as argv[0] and returns the exit status.
#pragma once

namespace rmirror::tools {

// What is mirrored.
int show_main(int argc, char **argv);

// The same, live.
int watch_main(int argc, char **argv);

// Why nothing arrives.
int doctor_main(int argc, char **argv);

// The counters for Prometheus.
int metrics_main(int argc, char **argv);

// Receives copies at the other end.
int collector_main(int argc, char **argv);

}  // namespace rmirror::tools
