# Starting and stopping the processes of a copy. Each runs in a session of its own (Ctrl-C in the
# terminal reaches only scripts/run) and is remembered with its start time, so that a reused process
# id is never mistaken for it. Sourced after state.sh.

process_started_at() { # pid -> clock ticks since boot; empty when it does not run
    local stat
    if [ ! -e /proc/self/stat ]; then # no /proc here: whether it lives is all there is to know
        ! kill -0 "$1" 2>/dev/null || echo 1
        return 0
    fi
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
    set -- ${stat##*) }
    [ "$1" = Z ] || printf '%s\n' "${20}"
}

service_start() { # name, log file, command...
    local name=$1 log=$2 pid
    shift 2
    (
        cd "$STATE"
        exec 9>&-
        # The log is opened by the server's user, not by us.
        exec "${RUN_AS[@]}" env -i PATH="$PATH" LANG=C.UTF-8 TZ=UTC HOME="$STATE" \
            ${TARAZU_TEST_OMIT:+TARAZU_TEST_OMIT="$TARAZU_TEST_OMIT"} \
            ${TARAZU_TEST_POINTS:+TARAZU_TEST_POINTS="$TARAZU_TEST_POINTS"} \
            setsid sh -c 'exec >>"$0" 2>&1 </dev/null "$@"' "$log" "$@"
    ) &
    pid=$!
    printf '%s %s\n' "$pid" "$(process_started_at "$pid")" >"$STATE/run/pids/$name"
}

service_pid() { # name -> pid if it still is the process that was started
    local pid at
    read -r pid at 2>/dev/null <"$STATE/run/pids/$1" || return 1
    [ -n "$at" ] && [ "$(process_started_at "$pid")" = "$at" ] || return 1
    printf '%s\n' "$pid"
}
service_alive() { service_pid "$1" >/dev/null; }

service_signal() { # name, signal: true when it was running
    local pid
    pid=$(service_pid "$1") || return 1
    kill -s "$2" "$pid" 2>/dev/null
}

service_gone() { ! service_alive "$1"; }
service_stop() { # name, seconds it may take
    if [ -e "$STATE/run/pids/$1" ] && ! wait_until "$2" service_gone "$1"; then
        local pid
        pid=$(service_pid "$1") || return 0
        note "$1 did not stop in $2 s and is killed"
        kill -KILL -- "-$pid" 2>/dev/null || kill -KILL "$pid" 2>/dev/null || true
        wait_until 5 service_gone "$1" || true
    fi
    rm -f "$STATE/run/pids/$1"
}

services_known() { # names, in the order they were started
    [ -d "$STATE/run/pids" ] || return 0
    (cd "$STATE/run/pids" && ls -tr)
}

# First the door, then those who serve, then what they need.
services_stop() {
    local s serves
    serves=$(services_known | grep '^serve-' || true)
    service_signal nginx QUIT || true
    service_stop nginx 10
    for s in $serves; do service_signal "$s" TERM || true; done
    for s in $serves; do service_stop "$s" 30; done
    for s in sandbox memcached; do service_signal "$s" TERM || true; done
    for s in sandbox memcached; do service_stop "$s" 5; done
    service_signal postgres INT || true
    service_stop postgres 30
    rm -f "$STATE/run/endpoints.json"
}

# Waits until a condition holds, or says why the service will not come up.
wait_for_service() { # name, seconds, log, command...
    local name=$1 end=$((SECONDS + $2)) log=$3
    shift 3
    until "$@" >/dev/null 2>&1; do
        service_alive "$name" || { sleep 0.1; die_with_log "$name ended right after its start" "$log"; }
        [ $SECONDS -lt $end ] || die_with_log "$name does not answer" "$log"
        sleep 0.05
    done
}
