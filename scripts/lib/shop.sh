# Configuration, servers and endpoints.json of a copy. Sourced after postgres.sh and tls.sh.
# Uses PORT, REPLICAS, SMTP_PORT.

SHOP_URL() { printf 'https://localhost:%s' "$PORT"; }
SANDBOX_URL() { printf 'https://localhost:%s' "$((PORT + 1))"; }
tarazu() { as_user "$STATE/app/bin/tarazu" --config "$STATE/conf/tarazu-r1.conf" "$@"; }

configure_override() { # file: settings of TARAZU_EXTRA_CONF take the place of the same keys
    local text
    text=$(awk -F ' *= *' 'NR == FNR { set[$1]; next } !($1 in set)' "$TARAZU_EXTRA_CONF" "$1")
    printf '%s\n%s\n' "$text" "$(<"$TARAZU_EXTRA_CONF")" >"$1"
}

configure_replica() { # number
    local dir=$SOCK/r$1 data=$STATE/app/share/tarazu
    state_own_folder "$dir"
    (
        umask 077
        cat >"$STATE/conf/tarazu-r$1.conf" <<CONF
# Written by scripts/run at every start.
shop.base_url = $(SHOP_URL)
socket.dir = $dir
run.dir = $dir
log.file = $STATE/log/tarazu-r$1.log
db.dsn = host=$SOCK/pg dbname=tarazu
cache.servers = --SOCKET="$SOCK/cache/memcached.sock"
secret.key = $(secret secret_key 32)
webhook.secret = $(secret webhook_secret 32)
zibal.base_url = $(SANDBOX_URL)
zibal.platform_url = $(SANDBOX_URL)
zibal.merchant = zibal
zibal.account_id = 1
zibal.refund_token = $(secret refund_token 16)
sms.provider = kavenegar
sms.base_url = $(SANDBOX_URL)
sms.api_key = $(secret sms_api_key 16)
smtp.url = smtp://127.0.0.1:$SMTP_PORT
smtp.from = shop@localhost
net.ca_file = $STATE/tls/ca.pem
net.allow_hosts = localhost:$((PORT + 1))
trace.url = $(SANDBOX_URL)/v1/traces
media.dir = $STATE/media
template.dir = $data/web/templates
locale.dir = $data/web/locale
static.dir = $data/web/static
sql.dir = $data/sql
CONF
        if [ -n "${TARAZU_EXTRA_CONF:-}" ]; then configure_override "$STATE/conf/tarazu-r$1.conf"; fi
    )
    share "$STATE/conf/tarazu-r$1.conf"
}

nginx_configure() {
    local replicas='' address=127.0.0.1 names='localhost 127.0.0.1' r
    for ((r = 1; r <= REPLICAS; r++)); do replicas+="$SOCK/r$r "; done
    if grep -q '^0\{31\}1 ' /proc/net/if_inet6 2>/dev/null; then address+=' [::1]' names+=' [::1]'; fi
    "$ROOT/scripts/nginx-render" --out "$STATE/nginx" --address "$address" --port "$PORT" --names "$names" \
        --cert "$STATE/tls/server.pem" --key "$STATE/tls/server.key" --replicas "$replicas" \
        --static "$STATE/app/share/tarazu/web/static" --media "$STATE/media" --run "$SOCK/nginx" \
        --logs "$STATE/log" --cache "$STATE/cache" --temp "$STATE/nginx-temp" \
        --gateways "$(SANDBOX_URL)" ${TARAZU_LIMITS:+--limits "$TARAZU_LIMITS"}
    share "$STATE/nginx" "$STATE"/nginx/*
}

ask() { # url: true when it answers 2xx over TLS that our own authority vouches for
    curl -sf -m 5 --noproxy '*' --cacert "$STATE/tls/ca.pem" -o /dev/null "$1"
}
sockets_there() { # replica
    [ -S "$SOCK/r$1/web.sock" ] && [ -S "$SOCK/r$1/order.sock" ] && [ -S "$SOCK/r$1/pay.sock" ]
}

memcached_start() {
    service_start memcached "$STATE/log/memcached.log" \
        memcached -s "$SOCK/cache/memcached.sock" -a 0600 -m 64 -c 512
    wait_for_service memcached 10 "$STATE/log/memcached.log" test -S "$SOCK/cache/memcached.sock"
}

sandbox_start() {
    service_start sandbox "$STATE/log/sandbox.log" "$STATE/app/bin/tarazu-sandbox" \
        --listen "127.0.0.1:$((PORT + 1))" --tls-cert "$STATE/tls/server.pem" --tls-key "$STATE/tls/server.key" \
        --state "$STATE/sandbox" --shop-url "$(SHOP_URL)" --smtp-port "$SMTP_PORT" \
        --webhook-secret-file "$STATE/secrets/webhook_secret" --ca-file "$STATE/tls/ca.pem" \
        --refund-token "$(secret refund_token 16)"
    wait_for_service sandbox 15 "$STATE/log/sandbox.log" ask "$(SANDBOX_URL)/bank/journal"
}

replicas_start() {
    local r
    for ((r = 1; r <= REPLICAS; r++)); do
        rm -f "$SOCK/r$r"/*.sock
        service_start "serve-r$r" "$STATE/log/tarazu-r$r.log" \
            "$STATE/app/bin/tarazu" --config "$STATE/conf/tarazu-r$r.conf" serve
    done
    for ((r = 1; r <= REPLICAS; r++)); do
        wait_for_service "serve-r$r" 30 "$STATE/log/tarazu-r$r.log" sockets_there "$r"
    done
}

nginx_start() {
    nginx_configure
    as_user nginx -q -t -e stderr -c "$STATE/nginx/nginx.conf" >"$STATE/setup/nginx.log" 2>&1 ||
        die_with_log "nginx refuses its configuration" "$STATE/setup/nginx.log"
    service_start nginx "$STATE/log/nginx-error.log" \
        nginx -e "$STATE/log/nginx-error.log" -c "$STATE/nginx/nginx.conf"
    wait_for_service nginx 10 "$STATE/log/nginx-error.log" port_busy "$PORT"
    wait_until 30 ask "$(SHOP_URL)/readyz" ||
        die_with_log "the shop does not answer at $(SHOP_URL)/readyz" "$STATE/log/tarazu-r1.log"
}

# The shop's first member of staff, made once; what was printed then is kept for the next starts.
staff_make() {
    local f=$STATE/secrets/staff_totp
    [ ! -s "$f" ] || return 0
    secret staff_password 10 >/dev/null
    tarazu staff add owner --role owner --password-file "$STATE/secrets/staff_password" \
        >"$STATE/setup/staff.log" 2>&1 || die_with_log "the staff account could not be made" "$STATE/setup/staff.log"
    (umask 077; sed -n 's/^totp_secret=//p' "$STATE/setup/staff.log" >"$f")
    rm -f "$STATE/setup/staff.log"
    [ -s "$f" ] || die "tarazu staff add printed no totp_secret"
    share "$f"
}

endpoints_write() { # file
    local pids='' r
    for ((r = 1; r <= REPLICAS; r++)); do pids+="${pids:+, }$(service_pid "serve-r$r")"; done
    (
        umask 077
        cat >"$1" <<JSON
{
  "shop": $(json_text "$(SHOP_URL)"),
  "sandbox": $(json_text "$(SANDBOX_URL)"),
  "staff": {
    "username": "owner",
    "password": $(json_text "$(secret staff_password 10)"),
    "totp_secret": $(json_text "$(cat "$STATE/secrets/staff_totp")")
  },
  "database": $(json_text "host=$SOCK/pg dbname=tarazu user=tarazu_readonly"),
  "webhook_secret": $(json_text "$(secret webhook_secret 32)"),
  "replicas": $REPLICAS,
  "master_pids": [$pids],
  "state": $(json_text "$STATE"),
  "ca_file": $(json_text "$STATE/tls/ca.pem"),
  "config": $(json_text "$STATE/conf/tarazu-r1.conf"),
  "tarazu": $(json_text "$STATE/app/bin/tarazu")
}
JSON
    )
    share "$1"
}
