# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# User space for 32 bit, which this machine runs itself: the unit tests, with Debian 12's libraries for i386,
# which are unpacked below build/arch/i386/root and not installed. Source it after target.sh.

readonly I386=$ARCH_BUILD/i386
# What is built beside the tests, and not run
readonly I386_PRODUCTS=(rmirror rmirror-chain rmirror_plugin rmirror_xtables)
readonly I386_PROGRAMS=(statement_test librmirror_test probe_test tools_test collector_test)

i386_fetch() {
    [[ ! -s $I386/stamp ]] || return 0
    target_apt i386 || return
    rm -rf "$I386"
    mkdir -p "$I386"/{debs,root}
    say "i386: downloading libraries"
    (cd "$I386/debs" && apt-get download -qq libgtest-dev libgmock-dev libmnl-dev libmnl0 libnftnl-dev \
        libnftnl11 libjansson-dev libjansson4 libxtables-dev libxtables12) || return
    unpack_packages "$I386/root" "$I386"/debs/*.deb || return
    rm -rf "$I386/debs"
    apt-cache show --no-all-versions libgtest-dev | sed -n 's/^Version: //p' >"$I386/stamp"
}

# i386_build: a warning is an error, as in the preset `default`
i386_build() {
    local libraries=$I386/root/usr/lib/i386-linux-gnu log=$I386/log
    # The kernel's headers are the same for both, and only 64 bit finds them by itself.
    local flags='-m32 -idirafter /usr/include/x86_64-linux-gnu'
    local -x PKG_CONFIG_LIBDIR=$libraries/pkgconfig PKG_CONFIG_SYSROOT_DIR=$I386/root
    if ! { cmake -S "$RMIRROR_ROOT" -B "$I386/build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
        -DRMIRROR_MODULES=OFF -DRMIRROR_WERROR=ON -DCMAKE_C_COMPILER=gcc-12 -DCMAKE_CXX_COMPILER=g++-12 \
        "-DCMAKE_C_FLAGS=$flags" "-DCMAKE_CXX_FLAGS=$flags" -DCMAKE_LIBRARY_ARCHITECTURE=i386-linux-gnu \
        "-DCMAKE_PREFIX_PATH=$I386/root/usr" "-DGTest_DIR=$libraries/cmake/GTest" &&
        cmake --build "$I386/build" -j "${RMIRROR_JOBS:-2}" --target \
            "${I386_PRODUCTS[@]}" "${I386_PROGRAMS[@]}"; } >"$log" 2>&1; then
        tail -n 40 "$log"
        return 1
    fi
}

# i386_test PROGRAM: prints what failed, or how many passed
i386_test() {
    local directory said
    directory=$(dirname -- "$(find "$I386/build/tests" -type f -name "$1")")
    if ! said=$(cd "$directory" && LD_LIBRARY_PATH=$I386/root/usr/lib/i386-linux-gnu "./$1" 2>&1); then
        grep -v -E '^\[ +(RUN|OK) ' <<<"$said" | tail -n 40
        return 1
    fi
    sed -n 's/^\[  PASSED  \] \([1-9][0-9]* tests\?\)\.$/\1/p' <<<"$said" | grep .
}

# run_i386: TAP; fails if a test did
run_i386() {
    local program said failed=no
    with_lock arch-i386 i386_fetch >&2 || true
    if [[ ! -s $I386/stamp ]]; then
        echo "ok i386 # SKIP no libraries of Debian 12 for i386 from this mirror"
        return
    elif ! echo '#include <string>' | g++-12 -m32 -idirafter /usr/include/x86_64-linux-gnu -fsyntax-only -x c++ - \
        2>/dev/null; then
        echo "ok i386 # SKIP no compiler for 32 bit: apt-get install g++-12-multilib libc6-dev-i386"
        return
    fi
    say "i386: building user space for 32 bit"
    tap "i386: user space builds" i386_build || return
    for program in "${I386_PROGRAMS[@]}"; do
        if said=$(i386_test "$program"); then
            echo "ok i386: $program, $said"
        else
            echo "not ok i386: $program"
            # shellcheck disable=SC2001  # each line
            sed 's/^/# /' <<<"$said"
            failed=yes
        fi
    done
    [[ $failed == no ]]
}
