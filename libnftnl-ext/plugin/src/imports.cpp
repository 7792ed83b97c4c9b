// SPDX-License-Identifier: GPL-2.0-only
//
// The relocations name the symbols, see elf(5). The loader has mapped and checked all of it.
#include "imports.hpp"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>

#include <cstddef>

namespace rmirror::plugin {

namespace {

#if __ELF_NATIVE_CLASS == 64
constexpr std::size_t symbol_of(ElfW(Xword) info) {
    return ELF64_R_SYM(info);
}
#else
constexpr std::size_t symbol_of(ElfW(Word) info) {
    return ELF32_R_SYM(info);
}
#endif

class Dynamic {
public:
    explicit Dynamic(const link_map &library) : library_(library) {}

    std::size_t number(ElfW(Sxword) tag) const {
        for (const ElfW(Dyn) *entry = library_.l_ld; entry->d_tag != DT_NULL; entry++)
            if (entry->d_tag == tag)
                return entry->d_un.d_val;
        return 0;
    }

    // glibc has made most of them absolute addresses, others have not.
    template <typename T>
    const T *table(ElfW(Sxword) tag) const {
        std::size_t address = number(tag);
        if (address && address < library_.l_addr)
            address += library_.l_addr;
        // NOLINTNEXTLINE(performance-no-int-to-ptr): this is how the dynamic linker hands it out
        return reinterpret_cast<const T *>(address);
    }

private:
    const link_map &library_;
};

template <typename Relocation>
void collect(const Dynamic &dynamic, const Relocation *relocation, std::size_t size,
             std::set<std::string> &names) {
    const auto *symbols = dynamic.table<ElfW(Sym)>(DT_SYMTAB);
    const auto *strings = dynamic.table<char>(DT_STRTAB);
    if (!relocation || !symbols || !strings)
        return;
    for (std::size_t i = 0; i < size / sizeof(Relocation); i++) {
        const ElfW(Sym) &symbol = symbols[symbol_of(relocation[i].r_info)];
        if (symbol.st_shndx == SHN_UNDEF)
            names.insert(strings + symbol.st_name);
    }
}

}  // namespace

std::set<std::string> imports_of(void *handle) {
    link_map *library = nullptr;
    if (!handle || dlinfo(handle, RTLD_DI_LINKMAP, &library) != 0)
        return {};
    Dynamic dynamic(*library);
    std::set<std::string> names;
    std::size_t plt_size = dynamic.number(DT_PLTRELSZ);
    if (dynamic.number(DT_PLTREL) == DT_RELA)
        collect(dynamic, dynamic.table<ElfW(Rela)>(DT_JMPREL), plt_size, names);
    else
        collect(dynamic, dynamic.table<ElfW(Rel)>(DT_JMPREL), plt_size, names);
    collect(dynamic, dynamic.table<ElfW(Rela)>(DT_RELA), dynamic.number(DT_RELASZ), names);
    collect(dynamic, dynamic.table<ElfW(Rel)>(DT_REL), dynamic.number(DT_RELSZ), names);
    return names;
}

}  // namespace rmirror::plugin
