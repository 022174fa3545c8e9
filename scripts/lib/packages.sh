# Debian packages: the one list, and installing what is missing. Sourced.

BUILD_PACKAGES=(
    gcc make autoconf automake pkg-config libc6-dev # the build itself
    perl                  # generators of the tables; the tests
    libfcgi-dev           # FastCGI
    libpq-dev             # PostgreSQL client
    libjson-c-dev         # JSON
    libmemcached-dev      # shared cache
    libssl-dev            # crypto
    libcurl4-openssl-dev  # calls to bank, SMS, mail
    libgd-dev             # re-encoding of uploaded pictures
    libpango1.0-dev       # documents as PDF
    libmicrohttpd-dev     # the sandbox's HTTP server
)
RUN_PACKAGES=(
    postgresql-15         # the database (server, client, initdb)
    nginx                 # the web server
    memcached             # the shared cache
    openssl               # certificates and secrets of this copy
    libio-socket-ssl-perl # HTTPS of the demo loader and of the tests
    curl ca-certificates  # asking whether everything answers; roots for outgoing TLS
    util-linux            # setpriv, setsid, flock
)
TEST_PACKAGES=(
    clang libclang-rt-14-dev   # second compiler; fuzzing
    chromium                   # pages in a real browser
    wrk                        # load for the bulkhead tests
    poppler-utils              # what a PDF says
    spin                       # model checking of the protocols
    libcpanel-json-xs-perl     # reading thousands of answers
    git                        # the repository's own checks
)

packages_missing() { # names... -> the ones not installed
    local have p
    have=$({ dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' "$@" 2>/dev/null || true; } | sed -n 's/^ii *//p')
    for p in "$@"; do
        case $'\n'$have$'\n' in *$'\n'"$p"$'\n'*) ;; *) printf '%s\n' "$p" ;; esac
    done
}

# Installs without starting anything: no service of these packages may run or own a port because of
# us, and no main PostgreSQL cluster is made. Runs as root.
packages_root_script() {
    cat <<'ROOT'
set -e
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
policy=/usr/sbin/policy-rc.d cluster=/etc/postgresql-common/createcluster.d/tarazu.conf
undo=()
if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod 755 $policy
    undo+=("$policy")
fi
mkdir -p "${cluster%/*}"
echo 'create_main_cluster = false' >$cluster
undo+=("$cluster")
trap 'rm -f "${undo[@]}"' EXIT
apt-get -q -o Acquire::Retries=3 update
new=()
for p in nginx memcached; do dpkg -s $p >/dev/null 2>&1 || new+=("$p"); done
apt-get -q -y -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 install --no-install-recommends "$@"
# Nor at the next boot, unless they were here before.
for p in "${new[@]}"; do update-rc.d "$p" disable >/dev/null 2>&1 || true; done
ROOT
}

packages_need() { # log file, names...
    local log=$1 missing=() root=()
    shift
    command -v dpkg-query >/dev/null || die "this needs Debian 12: dpkg is not here"
    read -r -d '' -a missing <<<"$(packages_missing "$@")" || true
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null ||
            die "these Debian packages are missing and only root can install them: ${missing[*]}"
        root=(sudo)
    fi
    step "Installing ${#missing[@]} Debian packages: ${missing[*]}"
    if ! packages_root_script | "${root[@]}" bash -s -- "${missing[@]}" >"$log" 2>&1 </dev/stdin; then
        if grep -qiE 'could not resolve|temporary failure|connection (failed|refused|timed out)|unable to connect|network is unreachable' "$log"; then
            die_with_log "the Debian mirror cannot be reached; check the network and start again" "$log"
        fi
        if grep -qiE 'no space left|not enough free space' "$log"; then
            die_with_log "the disk is full: packages could not be installed" "$log"
        fi
        die_with_log "the Debian packages could not be installed: ${missing[*]}" "$log"
    fi
    read -r -d '' -a missing <<<"$(packages_missing "$@")" || true
    [ ${#missing[@]} -eq 0 ] || die_with_log "still missing after the installation: ${missing[*]}" "$log"
}
