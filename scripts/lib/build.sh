# Building out of tree: sources are copied to the state folder, so that the checkout stays clean and
# may even be unreadable for others. Sourced after common.sh.

BUILD_INPUTS=(configure.ac Makefile.am data.am README.md LICENSE CHANGELOG.md src sql web nginx t/unit t/mustache scripts/build)

build_inputs_here() {
    local i
    for i in "${BUILD_INPUTS[@]}"; do [ ! -e "$ROOT/$i" ] || printf '%s\n' "$i"; done
}

# Copies the sources. What differs is as new as its copying, not as its editing: a file saved while its
# old copy was being compiled would be older than the object. When files came or went the copy starts
# afresh, so that nothing deleted lives on.
build_copy() { # target
    local list file
    list=$(cd "$ROOT" && build_inputs_here | xargs -d '\n' find | sort)
    if [ "$(cat "$1/.list" 2>/dev/null)" != "$list" ]; then
        rm -rf "$1"
        mkdir -p "$1"
        (cd "$ROOT" && build_inputs_here | tar -c -T -) | tar -x --no-same-owner -C "$1"
    else
        build_changes "$1" | while IFS= read -r file; do cp "$ROOT/$file" "$1/$file"; done
    fi
    printf '%s\n' "$list" >"$1/.list"
}
build_changes() { # target -> the inputs that its copy has otherwise
    local input
    build_inputs_here | while IFS= read -r input; do
        (cd "$ROOT" && diff -rq "$input" "$1/$input") || true
    done | sed -n 's/^Files \(.*\) and .* differ$/\1/p'
}

build_is_current() { # stamp file, flags
    [ -e "$1" ] && [ "$(cat "$1")" = "$2" ] || return 1
    [ -z "$(cd "$ROOT" && build_inputs_here | xargs -d '\n' -I{} find {} -newer "$1" -print -quit)" ]
}

# Configures, builds and installs to a prefix, when anything changed since the stamp was written.
build_program() { # source copy, build folder, prefix, log, configure flags...
    local src=$1 build=$2 prefix=$3 log=$4 flags begun
    shift 4
    flags="$prefix $*"
    build_is_current "$prefix/.built" "$flags" && return 0
    step "Building (log: $log)"
    begun=$(mktemp)
    : >"$log"
    build_copy "$src"
    mkdir -p "$build" "$prefix"
    if [ ! -e "$src/configure" ]; then
        note "autoreconf"
        mkdir -p "$src/build-aux"
        (cd "$src" && autoreconf -i) >>"$log" 2>&1 || build_failed "$log" "autoreconf failed"
    fi
    if [ ! -e "$build/Makefile" ] || [ "$(cat "$build/.flags" 2>/dev/null)" != "$flags" ]; then
        note "configure $*"
        (cd "$build" && "$src/configure" -q --prefix="$prefix" "$@") >>"$log" 2>&1 ||
            build_failed "$log" "configure failed"
        printf '%s\n' "$flags" >"$build/.flags"
    fi
    note "make"
    make -C "$build" -j"$(nproc)" all >>"$log" 2>&1 || build_failed "$log" "the build failed"
    # Installed from nothing, so that a template or query that was deleted is really gone.
    rm -rf "$prefix"
    make -C "$build" install >>"$log" 2>&1 || build_failed "$log" "the installation failed"
    printf '%s\n' "$flags" >"$prefix/.built"
    touch -r "$begun" "$prefix/.built"
    rm -f "$begun"
}

# The unit programs and, with coverage, the libraries that the fuzzers link: by the second compiler, under
# AddressSanitizer and UndefinedBehaviorSanitizer.
build_units() { # source copy, build folder, log, stamp of the program built from the same sources
    local src=$1 build=$2 log=$3 stamp=$4
    build_is_current "$build/.built" units && return 0
    step "Building the unit tests with sanitizers (log: $log)"
    mkdir -p "$build"
    if [ ! -e "$build/Makefile" ]; then
        (cd "$build" && "$src/configure" -q --enable-werror --enable-asan --enable-fuzzing --enable-test-hooks CC=clang CFLAGS='-O1 -g') \
            >"$log" 2>&1 || build_failed "$log" "configure failed"
    fi
    # Only what the units need, not the programs.
    printf 'include Makefile\nbuilt: $(BUILT_SOURCES)\nunits: $(check_PROGRAMS)\n' >"$build/units.mk"
    make -C "$build" -f units.mk built >>"$log" 2>&1 && make -C "$build" -f units.mk -j"$(nproc)" units >>"$log" 2>&1 ||
        build_failed "$log" "the unit tests do not build"
    echo units >"$build/.built"
    touch -r "$stamp" "$build/.built"
}

build_failed() { # log, message
    { grep -E 'error:|No space left|undefined reference|cannot find -l' "$1" || true; } |
        head -n 12 | cut -c1-300 | sed 's/^/    /' >&2
    if grep -q 'No space left' "$1"; then die "$2: the disk is full"; fi
    die_with_log "$2" "$1"
}
