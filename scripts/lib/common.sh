# Words, waiting and users for scripts/run and scripts/test. Sourced; ROOT is the checkout.

if [ -t 2 ]; then C_DIM=$'\e[2m' C_BOLD=$'\e[1m' C_RED=$'\e[31m' C_OFF=$'\e[0m'; else C_DIM='' C_BOLD='' C_RED='' C_OFF=''; fi

step() { printf '%s·%s %s\n' "$C_BOLD" "$C_OFF" "$*" >&2; }
note() { printf '%s  %s%s\n' "$C_DIM" "$*" "$C_OFF" >&2; }
die() {
    printf '%s%s: %s%s\n' "$C_RED" "${0##*/}" "$*" "$C_OFF" >&2
    exit 1
}

# The end of a log, indented, for whoever has to find out why.
show_tail() { # file, lines
    [ -s "$1" ] || return 0
    printf '%s  last lines of %s:%s\n' "$C_DIM" "$1" "$C_OFF" >&2
    tail -n "${2:-15}" "$1" | cut -c1-300 | sed 's/^/    /' >&2
}
die_with_log() { # message, log file
    show_tail "$2" 25
    die "$1"
}

wait_until() { # seconds, command...
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.05
    done
}

port_busy() { # port: does somebody listen on it?
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}
free_port() { # first port to try
    local p=$1
    while port_busy "$p"; do p=$((p + 1)); done
    printf '%s\n' "$p"
}

# Servers never run as root: root hands over to the system user `tarazu`, anybody else runs them as
# himself.
RUN_USER=$(id -un)
RUN_AS=()
user_setup() {
    [ "$(id -u)" = 0 ] || return 0
    RUN_USER=tarazu
    if ! id -u tarazu >/dev/null 2>&1; then
        useradd --system --user-group --no-create-home --home-dir /nonexistent \
            --shell /usr/sbin/nologin tarazu || die "cannot create the system user tarazu"
    fi
    RUN_AS=(setpriv --reuid tarazu --regid tarazu --clear-groups --)
    as_user true 2>/dev/null ||
        die "the user tarazu cannot run programs here; is / closed to others? (chmod 755 / opens it)"
}
# Runs a command as that user with a small, known environment. Use it last in a subshell (or with &)
# and the process id is the command's own.
as_user() {
    "${RUN_AS[@]}" env -i PATH="$PATH" LANG=C.UTF-8 TZ=UTC HOME="${STATE:-/nonexistent}" "$@"
}
# Root writes what the servers read and never writes where they can write (a planted link would lead
# it astray): own() for their folders, share() for ours.
own() { # the servers' own
    [ "$(id -u)" != 0 ] || chown "$RUN_USER:" "$@"
}
share() { # readable for the servers, and for nobody else
    if [ "$(id -u)" = 0 ]; then chgrp "$RUN_USER" "$@"; chmod u=rwX,g=rX,o= "$@"; else chmod u=rwX,go= "$@"; fi
}

short_hash() { printf '%s' "$1" | sha256sum | cut -c1-10; }

json_text() { # a JSON string
    local s=${1//\\/\\\\}
    s=${s//\"/\\\"}
    printf '"%s"' "$s"
}
