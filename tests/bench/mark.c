// SPDX-License-Identifier: GPL-2.0-only
//
// rmirror_bench_mark: begins a section of what the plugin records, and ends the one before.
#include "mark.h"

#define TEXT_(...) #__VA_ARGS__
#define TEXT(...) TEXT_(__VA_ARGS__)

int main(void) {
    __asm__ volatile(".byte " TEXT(MARK_BYTES));
    return 0;
}
