# Where a copy of the shop keeps what it makes. Sourced after common.sh.
#   $STATE/src build app       copied sources, objects, installed program (owner: who starts)
#   $STATE/pg media cache log  data of the servers (owner: RUN_USER)
#   $STATE/run                 sockets, process ids, endpoints.json (RUN_USER, nobody else)
#   $STATE/conf nginx tls secrets
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
    mkdir -p "$STATE" "$STATE"/{src,build,app} || die "cannot create the state folder $STATE"
    if [ "$(id -u)" = 0 ]; then
        chgrp "$RUN_USER" "$STATE"
        chmod g+rx "$STATE"
    fi
    for d in pg media cache log conf nginx nginx-temp secrets tls; do
        [ -d "$STATE/$d" ] || { mkdir -p "$STATE/$d"; own "$STATE/$d"; }
    done
    chmod 0700 "$STATE/pg" "$STATE/secrets" "$STATE/conf"
    state_make_private "$STATE/run"
    state_make_private "$SOCK"
    mkdir -p "$SOCK/pg" "$STATE/run/pids"
    own "$SOCK/pg" "$STATE/run/pids"
    chmod 0700 "$SOCK/pg"
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
state_make_private() { # sockets, ids and secrets of this copy: for RUN_USER alone
    if [ ! -d "$1" ]; then mkdir -m 0700 "$1" || die "cannot create $1"; own "$1"; fi
    [ "$(stat -c %U "$1")" = "$RUN_USER" ] || die "$1 belongs to $(stat -c %U "$1"), not to $RUN_USER"
    chmod 0700 "$1"
}

# One run at a time on one state folder.
state_lock() {
    exec 9>"$STATE/lock"
    flock -n 9 || die "another ./scripts/run is working on $STATE"
}

secret() { # name, bytes -> its value, made on first use
    local f=$STATE/secrets/$1
    [ -s "$f" ] || { (umask 077; openssl rand -hex "$2" >"$f"); own "$f"; }
    cat "$f"
}
