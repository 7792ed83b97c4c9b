// SPDX-License-Identifier: GPL-2.0-only
//
// A plugin for QEMU: how many instructions the guest's kernel executes, and where.
//
//     qemu-system-x86_64 -accel tcg -plugin profile.so,out=FILE
//
// Each mark (mark.h) that the guest executes ends a section and begins the next; what is before the
// first is not recorded. For a section, FILE gets a line `section`, and then one for each piece of code
// without a jump in it that was executed: its address and the number of instructions executed there.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mark.h"
#include "qemu_plugin.h"

#define KERNEL_START 0xffff800000000000ULL
#define PIECES_MAX (1U << 19)

struct piece {
    uint64_t address;
    uint64_t instructions;
};

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

// One for each translation; code that is translated again has several.
static struct piece *pieces;
static unsigned int used;
static bool recording;
static FILE *out;

static void on_mark(unsigned int vcpu, void *data) {
    (void)vcpu;
    (void)data;
    if (recording) {
        fputs("section\n", out);
        for (unsigned int i = 0; i < used; i++)
            if (pieces[i].instructions)
                fprintf(out, "%" PRIx64 " %" PRIu64 "\n", pieces[i].address, pieces[i].instructions);
        fflush(out);
    }
    for (unsigned int i = 0; i < used; i++)
        pieces[i].instructions = 0;
    recording = true;
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
    static const unsigned char mark[] = {MARK_BYTES};
    const uint64_t address = qemu_plugin_tb_vaddr(tb);

    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

        if (qemu_plugin_insn_size(insn) == sizeof(mark) &&
            !memcmp(qemu_plugin_insn_data(insn), mark, sizeof(mark)))
            qemu_plugin_register_vcpu_insn_exec_cb(insn, on_mark, QEMU_PLUGIN_CB_NO_REGS, NULL);
    }
    if (address < KERNEL_START)
        return;
    if (used == PIECES_MAX) {
        fputs("profile: too much code\n", stderr);
        exit(1);
    }
    pieces[used].address = address;
    qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64,
                                             &pieces[used++].instructions,
                                             qemu_plugin_tb_n_insns(tb));
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info,
                                           int argc, char **argv) {
    (void)info;
    for (int i = 0; i < argc; i++)
        if (!strncmp(argv[i], "out=", 4))
            out = fopen(argv[i] + 4, "w");
    pieces = calloc(PIECES_MAX, sizeof(*pieces));
    if (!out || !pieces) {
        fputs("profile: out=FILE is needed, and some memory\n", stderr);
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    return 0;
}
