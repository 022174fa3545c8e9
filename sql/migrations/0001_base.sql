-- The ground everything stands on: time, settings, idempotency, the outbox and schedules.

-- Time that decides anything. The offset is zero except in tests.
CREATE TABLE clock (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    shift interval NOT NULL DEFAULT '0'
);
INSERT INTO clock DEFAULT VALUES;

CREATE FUNCTION shop_now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE
    AS $$ SELECT clock_timestamp() + (SELECT shift FROM clock) $$;

-- RFC 3339 in UTC, whole seconds: how every time leaves in JSON.
CREATE FUNCTION rfc3339(t timestamptz) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') $$;

-- What the owner may change while the shop runs; names, types and bounds are in src/shop/settings.def.
CREATE TABLE settings (
    key        text PRIMARY KEY,
    value      jsonb NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Idempotency claims. One row a key; `status` is set in the same transaction as the work.
CREATE TABLE idempotency_keys (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope       text NOT NULL,
    route       text NOT NULL,
    key         text NOT NULL CHECK (octet_length(key) <= 1020),
    fingerprint text NOT NULL,
    status      smallint,
    location    text,
    body        text,
    created_at  timestamptz NOT NULL DEFAULT shop_now(),
    CONSTRAINT idempotency_keys_claim UNIQUE (scope, route, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

-- The outbox: work for the job processes, written with the decision that causes it.
CREATE TABLE jobs (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text NOT NULL,
    dedupe       text,
    payload      jsonb NOT NULL DEFAULT '{}',
    state        text NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'running', 'done', 'dead')),
    attempt      int NOT NULL DEFAULT 0,
    run_at       timestamptz NOT NULL DEFAULT shop_now(),
    locked_until timestamptz,
    last_error   text,
    request_id   text,
    created_at   timestamptz NOT NULL DEFAULT shop_now(),
    finished_at  timestamptz,
    CHECK ((state = 'running') = (locked_until IS NOT NULL))
) WITH (fillfactor = 75, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 50);
CREATE INDEX jobs_ready ON jobs (run_at, id) WHERE state = 'ready';
CREATE INDEX jobs_running ON jobs (locked_until) WHERE state = 'running';
CREATE INDEX jobs_finished ON jobs (finished_at) WHERE state IN ('done', 'dead');
-- News that comes while a job of the same key runs is a new job; before it has started, it is not.
CREATE UNIQUE INDEX jobs_dedupe ON jobs (kind, dedupe)
    WHERE state = 'ready' AND attempt = 0 AND dedupe IS NOT NULL;

CREATE TABLE schedules (
    kind        text PRIMARY KEY,
    period      interval NOT NULL,
    next_run_at timestamptz NOT NULL DEFAULT shop_now(),
    last_run_at timestamptz
);

-- Who acts, for audit triggers: set by the application at the start of each transaction; anybody
-- else (psql) is recorded under the database user's name.
CREATE FUNCTION actor_kind() RETURNS text LANGUAGE sql STABLE
    AS $$ SELECT coalesce(nullif(current_setting('tarazu.actor_kind', true), ''), 'database') $$;
CREATE FUNCTION actor_id() RETURNS bigint LANGUAGE sql STABLE
    AS $$ SELECT nullif(current_setting('tarazu.actor_id', true), '')::bigint $$;
CREATE FUNCTION actor_name() RETURNS text LANGUAGE sql STABLE
    AS $$ SELECT CASE WHEN actor_kind() = 'database' THEN session_user::text
                      ELSE nullif(current_setting('tarazu.actor_name', true), '') END $$;
CREATE FUNCTION actor_request() RETURNS text LANGUAGE sql STABLE
    AS $$ SELECT nullif(current_setting('tarazu.request_id', true), '') $$;

-- Refuses changes to rows that are history.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'TZ002';
END $$;

GRANT USAGE ON SCHEMA public TO tarazu_web, tarazu_order, tarazu_pay, tarazu_job, tarazu_readonly;
GRANT SELECT ON clock, settings TO tarazu_web, tarazu_order, tarazu_pay, tarazu_job, tarazu_readonly;
GRANT SELECT, INSERT, UPDATE ON settings TO tarazu_web;
GRANT SELECT, INSERT, UPDATE ON idempotency_keys TO tarazu_web, tarazu_order, tarazu_pay, tarazu_job;
GRANT DELETE ON idempotency_keys TO tarazu_job;
GRANT SELECT, INSERT ON jobs TO tarazu_web, tarazu_order, tarazu_pay;
GRANT UPDATE ON jobs TO tarazu_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON jobs TO tarazu_job;
GRANT SELECT, UPDATE ON schedules TO tarazu_job;
GRANT SELECT ON jobs, schedules, idempotency_keys TO tarazu_readonly, tarazu_web;
