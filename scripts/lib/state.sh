# Where a copy of the shop keeps what it makes. Sourced after common.sh.
#   $STATE/src build app setup        sources, objects, installed program, logs of the set-up
#   $STATE/conf nginx tls secrets run written by us, read by the servers
#   $STATE/pg media cache log sandbox nginx-temp   the servers' own
# SOCK is where the unix sockets are: $STATE/run, or a short folder when that path is too long for one.

state_reachable() { # can RUN_USER come to this path (or to where it will be made)?
    local p=$1
    while [ ! -e "$p" ]; do p=$(dirname "$p"); done
    [ "$p" != "$1" ] || p=$(dirname "$p")
    as_user test -x "$p"
}

state_resolve() { # folder asked for; sets STATE_ASKED, STATE, SOCK
    STATE_ASKED=$(realpath -m -s -- "$1")
    STATE=$STATE_ASKED
    if ! state_reachable "$STATE_ASKED"; then
        [ "$(id -u)" = 0 ] || die "you cannot enter the folder of $STATE_ASKED"
        STATE=/var/lib/tarazu-$(short_hash "$STATE_ASKED")
    fi
    [[ $STATE =~ ^[A-Za-z0-9/._+@-]+$ ]] ||
        die "the path $STATE holds a space or another special sign; choose a plain one with --state"
    SOCK=$STATE/run
    # sun_path holds 107 bytes; the longest name below is pg/.s.PGSQL.5432 and its lock.
    if [ ${#SOCK} -gt 75 ]; then SOCK=/tmp/tarazu-$(id -u)-$(short_hash "$STATE"); fi
}

state_make() {
    local d
    mkdir -p "$STATE"/{src,build,app,setup} || die "cannot create the state folder $STATE"
    if [ "$(id -u)" = 0 ]; then
        chgrp "$RUN_USER" "$STATE"
        chmod g+rx "$STATE"
    fi
    for d in conf nginx tls secrets run; do
        mkdir -p "$STATE/$d"
        share "$STATE/$d"
    done
    for d in pg media cache log sandbox nginx-temp; do state_own_folder "$STATE/$d"; done
    if [ "$SOCK" != "$STATE/run" ] && [ ! -d "$SOCK" ]; then mkdir -m 0700 "$SOCK" || die "cannot create $SOCK"; fi
    [ -O "$SOCK" ] || die "$SOCK belongs to somebody else"
    share "$SOCK"
    mkdir -p "$STATE/run/pids"
    for d in pg cache nginx; do state_own_folder "$SOCK/$d"; done
    chmod 0700 "$STATE/pg" "$SOCK/pg"
    if [ "$STATE" != "$STATE_ASKED" ]; then
        note "the user $RUN_USER cannot enter $(dirname "$STATE_ASKED"): the state folder is $STATE"
        mkdir -p "$STATE_ASKED/run"
        ln -sfn "$STATE/run/endpoints.json" "$STATE_ASKED/run/endpoints.json"
        ln -sfn "$STATE/log" "$STATE_ASKED/log"
    fi
    local free
    free=$(df -Pk "$STATE" | awk 'NR == 2 { print $4 }')
    [ "$free" -ge 300000 ] ||
        die "the disk is nearly full: $((free / 1024)) MB are left under $STATE, 300 MB are needed"
}
state_own_folder() {
    [ -d "$1" ] || { mkdir -p "$1"; own "$1"; }
}

# One run at a time on one state folder.
state_lock() {
    exec 9>"$STATE/lock"
    flock -n 9 || die "another ./scripts/run is working on $STATE"
}

secret() { # name, bytes -> its value, made on first use
    local f=$STATE/secrets/$1
    [ -s "$f" ] || { (umask 077; openssl rand -hex "$2" >"$f"); share "$f"; }
    cat "$f"
}
