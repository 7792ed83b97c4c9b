// SPDX-License-Identifier: GPL-2.0-only
//
// What is seen from outside: these functions and nothing else, see exports.map.
#pragma once

#define RMIRROR_EXPORT extern "C" __attribute__((visibility("default")))
