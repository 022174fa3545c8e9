-- Who people are and how often they may ask: customers, addresses, staff, sessions, one-time codes,
-- limits, captcha, the SMS log and the audit log.

CREATE TABLE customers (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    phone             text NOT NULL CONSTRAINT customers_phone_key UNIQUE, -- E.164
    name              text,
    email             text,
    email_verified_at timestamptz,
    national_code     text CHECK (national_code ~ '^[0-9]{10}$'),
    avatar            text, -- name under the media folder
    lang              text CHECK (lang IN ('fa', 'en')),
    created_at        timestamptz NOT NULL DEFAULT shop_now(),
    last_login_at     timestamptz,
    erased_at         timestamptz,
    CHECK (phone ~ '^\+[1-9][0-9]{7,14}$' OR (erased_at IS NOT NULL AND phone = 'erased:' || id))
);

CREATE TABLE addresses (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers,
    recipient   text NOT NULL,
    phone       text NOT NULL,
    province    text NOT NULL CHECK (province ~ '^IR-[0-9]{2}$'),
    city        text NOT NULL,
    line        text NOT NULL,
    plaque      text,
    unit        text,
    postal_code text CHECK (postal_code ~ '^[0-9]{10}$'),
    note        text,
    lat         bigint CHECK (lat BETWEEN -90000000 AND 90000000),    -- millionths of a degree
    lng         bigint CHECK (lng BETWEEN -180000000 AND 180000000),
    created_at  timestamptz NOT NULL DEFAULT shop_now(),
    archived_at timestamptz
);
CREATE INDEX addresses_customer ON addresses (customer_id, id) WHERE archived_at IS NULL;

CREATE TABLE staff (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    username       text NOT NULL CONSTRAINT staff_username_key UNIQUE
                   CHECK (username ~ '^[a-z0-9][a-z0-9._-]{1,39}$'),
    name           text NOT NULL DEFAULT '',
    role           text NOT NULL CHECK (role IN ('support', 'catalogue', 'finance', 'owner')),
    password_hash  text NOT NULL,
    totp_secret    text NOT NULL,            -- sealed under a key derived from secret.key
    totp_last_step bigint NOT NULL DEFAULT 0, -- each time step is good for one login
    created_at     timestamptz NOT NULL DEFAULT shop_now(),
    last_login_at  timestamptz,
    disabled_at    timestamptz
);

-- A shop without an owner could not be administered any more.
CREATE FUNCTION staff_keeps_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.role = 'owner' AND OLD.disabled_at IS NULL
       AND (TG_OP = 'DELETE' OR NEW.role <> 'owner' OR NEW.disabled_at IS NOT NULL) THEN
        PERFORM pg_advisory_xact_lock((6::bigint << 56) | 1); -- two owners removing each other
        IF NOT EXISTS (SELECT FROM staff WHERE role = 'owner' AND disabled_at IS NULL AND id <> OLD.id) THEN
            RAISE EXCEPTION 'the last owner stays' USING ERRCODE = 'TZ004';
        END IF;
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER staff_last_owner BEFORE UPDATE OR DELETE ON staff
    FOR EACH ROW EXECUTE FUNCTION staff_keeps_owner();

-- One log-in on one device. Ending it ends every token of it at once.
CREATE TABLE sessions (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id  bigint REFERENCES customers,
    staff_id     bigint REFERENCES staff,
    client       text NOT NULL DEFAULT '',
    agent        text NOT NULL DEFAULT '',
    created_at   timestamptz NOT NULL DEFAULT shop_now(),
    proved_at    timestamptz NOT NULL DEFAULT shop_now(), -- the last code or password given in it
    last_seen_at timestamptz NOT NULL DEFAULT shop_now(),
    expires_at   timestamptz NOT NULL,                    -- whatever happens
    ended_at     timestamptz,
    end_reason   text,
    CHECK (num_nonnulls(customer_id, staff_id) = 1),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
) WITH (fillfactor = 80);
CREATE INDEX sessions_customer ON sessions (customer_id) WHERE ended_at IS NULL;
CREATE INDEX sessions_staff ON sessions (staff_id) WHERE ended_at IS NULL;
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- Refresh tokens: opaque, only their SHA-256 is kept, each is used once and leads to its successor.
CREATE TABLE refresh_tokens (
    hash       text PRIMARY KEY CHECK (hash ~ '^[0-9a-f]{64}$'),
    session_id bigint NOT NULL REFERENCES sessions ON DELETE CASCADE,
    successor  text,                 -- hash
    created_at timestamptz NOT NULL DEFAULT shop_now(),
    used_at    timestamptz,
    expires_at timestamptz NOT NULL, -- idle limit
    CHECK ((used_at IS NULL) = (successor IS NULL))
);
CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);

-- Machines that act for the shop: a secret (kept as SHA-256), some permissions of its maker's role.
CREATE TABLE api_keys (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    staff_id    bigint NOT NULL REFERENCES staff,
    name        text NOT NULL,
    hash        text NOT NULL CONSTRAINT api_keys_hash_key UNIQUE,
    permissions text[] NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT shop_now(),
    used_at     timestamptz,
    expires_at  timestamptz,
    revoked_at  timestamptz
);

-- A one-time code as it went out by SMS. The hash is keyed and bound to the row's id and the phone.
CREATE TABLE otp_codes (
    id         uuid PRIMARY KEY,
    phone      text NOT NULL,
    hash       text NOT NULL,
    challenges int NOT NULL DEFAULT 0, -- how many ask for this code
    created_at timestamptz NOT NULL DEFAULT shop_now(),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX otp_codes_phone ON otp_codes (phone, created_at DESC);
CREATE INDEX otp_codes_expiry ON otp_codes (expires_at);

-- Somebody's right to answer with a code: wrong answers burn this row and nobody else's.
CREATE TABLE otp_challenges (
    id            uuid PRIMARY KEY,
    code_id       uuid NOT NULL REFERENCES otp_codes ON DELETE CASCADE,
    purpose       text NOT NULL CHECK (purpose IN ('login', 'prove', 'phone')),
    customer_id   bigint, -- whose, unless it is a log-in
    attempts_left int NOT NULL CHECK (attempts_left >= 0),
    client        text NOT NULL DEFAULT '',
    created_at    timestamptz NOT NULL DEFAULT shop_now(),
    CHECK ((purpose = 'login') = (customer_id IS NULL))
);
CREATE INDEX otp_challenges_code ON otp_challenges (code_id);

-- What was sent to a phone: one row a phone, the queue in which requests for it stand.
CREATE TABLE otp_phones (
    phone       text PRIMARY KEY,
    sent_at     timestamptz,               -- the last SMS
    day_started timestamptz,
    day_sent    int NOT NULL DEFAULT 0,    -- SMS since day_started
    unproved    int NOT NULL DEFAULT 0     -- SMS since the phone's owner last gave a right code
) WITH (fillfactor = 70);

-- SMS of an hour, for the shop-wide budget.
CREATE TABLE sms_budget (
    hour      timestamptz PRIMARY KEY,
    strangers int NOT NULL DEFAULT 0, -- to numbers without an account
    known     int NOT NULL DEFAULT 0,
    withheld  int NOT NULL DEFAULT 0  -- not sent because the budget was spent
) WITH (fillfactor = 50);

CREATE TABLE sms_log (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at              timestamptz NOT NULL DEFAULT shop_now(),
    phone           text NOT NULL,
    kind            text NOT NULL,
    outcome         text NOT NULL CHECK (outcome IN ('sent', 'refused', 'failed', 'expired')),
    message_id      text, -- the provider's
    provider_status int,
    problem         text,
    request_id      text
);
CREATE INDEX sms_log_phone ON sms_log (phone, id DESC);
CREATE INDEX sms_log_at ON sms_log (at);

-- Counters of the last minute. Losing them in a crash costs a minute of leniency.
CREATE UNLOGGED TABLE rate_counters (
    class      text NOT NULL,
    who        text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT shop_now(),
    hits       int NOT NULL DEFAULT 1,
    PRIMARY KEY (class, who)
) WITH (fillfactor = 60);
CREATE UNLOGGED TABLE rate_failures (
    class text NOT NULL,
    who   text NOT NULL,
    at    timestamptz[] NOT NULL, -- the last ones, oldest first
    PRIMARY KEY (class, who)
) WITH (fillfactor = 60);

-- Solved captchas, until they expire: each is good for one request.
CREATE UNLOGGED TABLE captcha_used (
    signature  text PRIMARY KEY,
    request_id text,
    expires_at timestamptz NOT NULL
);
CREATE INDEX captcha_used_expiry ON captcha_used (expires_at);

-- What staff and the system did. Rows are inserted and never touched again; audit_seals chains them.
CREATE TABLE audit_log (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT shop_now(),
    actor_kind text NOT NULL DEFAULT actor_kind(),
    actor_id   bigint DEFAULT actor_id(),
    actor_name text NOT NULL DEFAULT coalesce(actor_name(), actor_kind()),
    action     text NOT NULL,
    target     text NOT NULL,
    before     jsonb,
    after      jsonb,
    request_id text DEFAULT actor_request(),
    client     text,
    xid        xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX audit_log_at ON audit_log (at DESC, id DESC);
CREATE INDEX audit_log_target ON audit_log (target, id DESC);
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- seal = HMAC(key of the shop, previous seal | row), so that neither a changed nor a missing row can
-- be hidden by somebody who only has the database.
CREATE TABLE audit_seals (
    seq       bigint PRIMARY KEY CHECK (seq > 0),
    audit_id  bigint NOT NULL CONSTRAINT audit_seals_audit_id_key UNIQUE,
    seal      text NOT NULL,
    sealed_at timestamptz NOT NULL DEFAULT shop_now()
);
CREATE TRIGGER audit_seals_append_only BEFORE UPDATE OR DELETE ON audit_seals
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The text of a row that its seal covers.
CREATE FUNCTION audit_canonical(a audit_log) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_array(a.id, extract(epoch FROM a.at), a.actor_kind, a.actor_id, a.actor_name,
        a.action, a.target, a.before, a.after, a.request_id, a.client)::text
$$;

-- Least privilege. Any pool may have to renew a session, count a request or redeem a captcha; only
-- web sees what logs somebody in.
GRANT SELECT ON customers, addresses TO tarazu_web, tarazu_order, tarazu_pay, tarazu_job;
GRANT INSERT ON customers, addresses TO tarazu_web, tarazu_order;
GRANT UPDATE ON customers, addresses TO tarazu_web;
GRANT UPDATE (last_login_at) ON customers TO tarazu_order, tarazu_pay, tarazu_job; -- for row locks
GRANT SELECT, INSERT, UPDATE ON staff, api_keys TO tarazu_web;
GRANT SELECT (id, username, name, role, disabled_at) ON staff TO tarazu_order, tarazu_pay, tarazu_job, tarazu_readonly;
GRANT SELECT ON api_keys TO tarazu_order, tarazu_pay;
GRANT UPDATE (used_at) ON api_keys TO tarazu_order, tarazu_pay;
GRANT SELECT, INSERT, UPDATE ON sessions, refresh_tokens TO tarazu_web;
GRANT SELECT ON sessions, refresh_tokens TO tarazu_order, tarazu_pay, tarazu_job;
GRANT UPDATE (last_seen_at, ended_at, end_reason) ON sessions TO tarazu_order, tarazu_pay;
GRANT INSERT, UPDATE (used_at, successor) ON refresh_tokens TO tarazu_order, tarazu_pay;
GRANT DELETE ON sessions, refresh_tokens TO tarazu_job;
GRANT SELECT, INSERT, UPDATE ON otp_codes, otp_challenges, otp_phones, sms_budget TO tarazu_web;
GRANT SELECT, DELETE ON otp_codes, otp_challenges, otp_phones, sms_budget TO tarazu_job;
GRANT SELECT ON sms_log TO tarazu_web;
GRANT SELECT, INSERT, DELETE ON sms_log TO tarazu_job;
GRANT SELECT, INSERT, UPDATE, DELETE ON rate_counters, rate_failures TO tarazu_web, tarazu_order, tarazu_pay, tarazu_job;
GRANT SELECT, INSERT, UPDATE ON captcha_used TO tarazu_web, tarazu_order, tarazu_pay;
GRANT SELECT, DELETE ON captcha_used TO tarazu_job;
GRANT SELECT, INSERT ON audit_log TO tarazu_web, tarazu_order, tarazu_pay, tarazu_job;
GRANT SELECT ON audit_seals TO tarazu_web;
GRANT SELECT, INSERT ON audit_seals TO tarazu_job;
GRANT SELECT ON customers, addresses, audit_log, audit_seals, sms_log, sms_budget, rate_counters,
    rate_failures, otp_phones TO tarazu_readonly;
GRANT SELECT (id, customer_id, staff_id, created_at, last_seen_at, expires_at, ended_at, end_reason)
    ON sessions TO tarazu_readonly;
GRANT SELECT (id, code_id, purpose, attempts_left, created_at) ON otp_challenges TO tarazu_readonly;
GRANT SELECT (id, phone, challenges, created_at, expires_at, used_at) ON otp_codes TO tarazu_readonly;
