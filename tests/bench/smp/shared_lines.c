// SPDX-License-Identifier: GPL-2.0-only
//
// A plugin for QEMU: the cache lines of kernel memory that both of two processors write.
//
//     qemu-system-x86_64 -smp 3 -accel tcg,thread=single -plugin shared_lines.so,out=FILE,least=N,first=1
//
// Each mark (mark.h) that the guest executes ends a section and begins the next; what is before the
// first is not recorded. For a section, FILE gets a line `section`, and then one for each cache line
// that both FIRST and the processor after it wrote N times or more: its address, and for each of the two
// how often it did and the address of an instruction that did. A line `overflow` says that not everything was recorded.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../mark.h"
#include "../qemu_plugin.h"

#define LINE_SHIFT 6
#define KERNEL_START 0xffff800000000000ULL
#define PROCESSORS 2
#define SLOTS (1U << 21)  // a section writes some 10 000 lines

struct slot {
    uint64_t line;  // 0: free
    uint64_t writes[PROCESSORS];
    uint64_t writer[PROCESSORS];
};

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static struct slot *slots;
static unsigned int used;
static bool recording;
static bool overflow;
static unsigned int first;
static uint64_t least = 1;
static FILE *out;

static struct slot *find(uint64_t line) {
    uint64_t at = (line * 0x9e3779b97f4a7c15ULL) >> 43;

    while (slots[at % SLOTS].line && slots[at % SLOTS].line != line)
        at++;
    return &slots[at % SLOTS];
}

static void on_write(unsigned int vcpu, qemu_plugin_meminfo_t info, uint64_t address, void *data) {
    struct slot *slot;

    if (!recording || !qemu_plugin_mem_is_store(info) || address < KERNEL_START || vcpu - first >= PROCESSORS)
        return;
    slot = find(address >> LINE_SHIFT);
    if (!slot->line) {
        if (used == SLOTS / 2) {
            overflow = true;
            return;
        }
        used++;
        slot->line = address >> LINE_SHIFT;
    }
    slot->writes[vcpu - first]++;
    slot->writer[vcpu - first] = (uintptr_t)data;
}

static void on_mark(unsigned int vcpu, void *data) {
    (void)vcpu;
    (void)data;
    if (recording) {
        fputs("section\n", out);
        if (overflow)
            fputs("overflow\n", out);
        for (struct slot *slot = slots; slot < slots + SLOTS; slot++)
            if (slot->writes[0] >= least && slot->writes[1] >= least)
                fprintf(out, "%" PRIx64 " %" PRIu64 " %" PRIx64 " %" PRIu64 " %" PRIx64 "\n",
                        slot->line << LINE_SHIFT, slot->writes[0], slot->writer[0], slot->writes[1],
                        slot->writer[1]);
        fflush(out);
    }
    memset(slots, 0, SLOTS * sizeof(*slots));
    used = 0;
    overflow = false;
    recording = true;
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
    static const unsigned char mark[] = {MARK_BYTES};

    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        const uint64_t address = qemu_plugin_insn_vaddr(insn);

        if (qemu_plugin_insn_size(insn) == sizeof(mark) &&
            !memcmp(qemu_plugin_insn_data(insn), mark, sizeof(mark)))
            qemu_plugin_register_vcpu_insn_exec_cb(insn, on_mark, QEMU_PLUGIN_CB_NO_REGS, NULL);
        else if (address >= KERNEL_START)
            qemu_plugin_register_vcpu_mem_cb(insn, on_write, QEMU_PLUGIN_CB_NO_REGS,
                                             QEMU_PLUGIN_MEM_W, (void *)(uintptr_t)address);
    }
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info,
                                           int argc, char **argv) {
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (!strncmp(argv[i], "out=", 4))
            out = fopen(argv[i] + 4, "w");
        else if (!strncmp(argv[i], "least=", 6))
            least = strtoull(argv[i] + 6, NULL, 10);
        else if (!strncmp(argv[i], "first=", 6))
            first = (unsigned int)strtoul(argv[i] + 6, NULL, 10);
    }
    slots = calloc(SLOTS, sizeof(*slots));
    if (!out || !slots || !least) {
        fputs("shared_lines: out=FILE,least=N are needed, and some memory\n", stderr);
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    return 0;
}
