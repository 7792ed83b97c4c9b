# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Kernel headers bring compiled tools (modpost, objtool, ..) that may want a newer C library than this
# machine has. They then run with the library of their own distribution, unpacked beside them. Source
# it; APT_CONFIG names the distribution's apt.

is_elf() { [[ $(head -c 4 -- "$1" | tr -d '\0') == $'\x7fELF' ]]; }

# The tools below DIRECTORY that cannot start here.
foreign_tools() {
    local file
    find "$1" -type f -perm -u+x | while read -r file; do
        if is_elf "$file" && [[ $(ldd "$file" 2>&1) == *'not found'* ]]; then
            echo "$file"
        fi
    done
}

# The shared libraries that a package's dependencies bring, as packages: libraries only.
library_packages() {
    packages_reached '(Pre-)?Depends' \
        '^lib(c6|gcc-s1|elf|z|zstd|ssl|bz2|lzma)|^zlib1g' "$1" | grep '^lib'
}

# adopt_foreign_tools DIRECTORY KBUILD_PACKAGE: makes the tools of linux-kbuild, unpacked below
# DIRECTORY/root, run on this machine.
adopt_foreign_tools() {
    local dir=$1 package=$2 tool
    local -a tools
    mapfile -t tools < <(foreign_tools "$dir/root/usr/lib/$package")
    ((${#tools[@]})) || return 0
    say "kernel: $package runs with its own C library"
    local -a packages
    mapfile -t packages < <(library_packages "$package" && echo zlib1g)
    mkdir -p "$dir/libraries/debs"
    (cd "$dir/libraries/debs" && apt-get download -qq "${packages[@]}") || die "apt-get download failed"
    unpack_packages "$dir/libraries" "$dir"/libraries/debs/*.deb
    rm -rf "$dir/libraries/debs"
    local libraries up
    for tool in "${tools[@]}"; do
        mv "$tool" "$tool.elf"
        # Relative, so that the build directory may be moved.
        up=$(realpath --relative-to "${tool%/*}" "$dir/libraries")
        libraries="\$here/$up/usr/lib/x86_64-linux-gnu"
        cat >"$tool" <<END
#!/bin/sh
here=\$(cd "\${0%/*}" && pwd -P)
exec "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries" "\$here/${tool##*/}.elf" "\$@"
END
        chmod +x "$tool"
    done
}
