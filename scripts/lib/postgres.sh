# The private PostgreSQL cluster of a copy: no TCP, a socket in a folder only RUN_USER can enter (which
# is why "trust" is enough there), durable commits. Sourced after services.sh.

PG_BIN=/usr/lib/postgresql/15/bin

psql_admin() { # database, psql arguments...
    local db=$1
    shift
    as_user "$PG_BIN/psql" -X -q -v ON_ERROR_STOP=1 -h "$SOCK/pg" -U postgres -d "$db" "$@"
}

postgres_init() {
    [ ! -e "$STATE/pg/PG_VERSION" ] || return 0
    step "Making a PostgreSQL cluster"
    as_user "$PG_BIN/initdb" -D "$STATE/pg" -U postgres -A trust -E UTF8 --locale=C.UTF-8 \
        --no-instructions ${TARAZU_THROWAWAY:+--no-sync} >"$STATE/setup/initdb.log" 2>&1 ||
        die_with_log "initdb failed" "$STATE/setup/initdb.log"
}

postgres_configure() { # connections needed
    # What is thrown away after a test need not outlive a power cut.
    local durable=on
    if [ -n "${TARAZU_THROWAWAY:-}" ]; then durable=off; fi
    (
        umask 077
        cat >"$STATE/conf/postgresql.conf" <<CONF
include '$STATE/pg/postgresql.conf'
data_directory = '$STATE/pg'
hba_file = '$STATE/pg/pg_hba.conf'
ident_file = '$STATE/pg/pg_ident.conf'
listen_addresses = ''
unix_socket_directories = '$SOCK/pg'
unix_socket_permissions = 0700
max_connections = $1
shared_buffers = 128MB
fsync = $durable
synchronous_commit = on
full_page_writes = $durable
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C.UTF-8'
log_line_prefix = '%m [%p] %u %a '
log_lock_waits = on
deadlock_timeout = 1s
# Tables that are queues: vacuum them while they are small.
autovacuum_vacuum_scale_factor = 0.05
autovacuum_naptime = 10s
CONF
    )
    share "$STATE/conf/postgresql.conf"
}

postgres_ready() { as_user "$PG_BIN/pg_isready" -q -h "$SOCK/pg" -U postgres -d postgres; }

postgres_start() { # connections needed
    postgres_init
    postgres_configure "$1"
    service_start postgres "$STATE/log/postgresql.log" \
        "$PG_BIN/postgres" -D "$STATE/pg" -c "config_file=$STATE/conf/postgresql.conf"
    wait_for_service postgres 60 "$STATE/log/postgresql.log" postgres_ready
}

# Roles and the database itself; the schema is `tarazu migrate`'s.
postgres_prepare() {
    local exists
    psql_admin postgres -f - <"$ROOT/sql/roles.sql" >"$STATE/setup/roles.log" 2>&1 ||
        die_with_log "the database roles could not be made" "$STATE/setup/roles.log"
    exists=$(psql_admin postgres -At -c "SELECT 1 FROM pg_database WHERE datname = 'tarazu'")
    if [ "$exists" != 1 ]; then
        psql_admin postgres -c 'CREATE DATABASE tarazu OWNER tarazu_owner' >>"$STATE/setup/roles.log" 2>&1 ||
            die_with_log "the database could not be made" "$STATE/setup/roles.log"
    fi
}
