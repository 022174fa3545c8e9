-- The heart: carts, coupons, orders, payments, refunds, the wallet and the ledger.

CREATE TABLE carts (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_hash  text CONSTRAINT carts_token_key UNIQUE, -- SHA-256 of the cookie, hex; guests
    customer_id bigint CONSTRAINT carts_customer_key UNIQUE REFERENCES customers,
    version     bigint NOT NULL DEFAULT 1,              -- rises with every change, also by placement
    coupon_code text,                                   -- folded; checked again whenever used
    form        jsonb,                                  -- what was typed into the checkout so far
    created_at  timestamptz NOT NULL DEFAULT shop_now(),
    updated_at  timestamptz NOT NULL DEFAULT shop_now(),
    CHECK (token_hash IS NOT NULL OR customer_id IS NOT NULL)
);
CREATE TABLE cart_items (
    cart_id    bigint NOT NULL REFERENCES carts ON DELETE CASCADE,
    variant_id bigint NOT NULL, -- no foreign key: adding to a cart locks no shared row
    quantity   int NOT NULL CHECK (quantity BETWEEN 1 AND 1000),
    price_seen bigint NOT NULL, -- unit price when added or last shown: "changed since you added it"
    added_at   timestamptz NOT NULL DEFAULT shop_now(),
    PRIMARY KEY (cart_id, variant_id)
);

CREATE TABLE coupons (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code               text NOT NULL, -- folded
    kind               text NOT NULL CHECK (kind IN ('percent', 'fixed')),
    value              bigint NOT NULL CHECK (value > 0),
    max_discount       bigint CHECK (max_discount > 0),
    min_subtotal       bigint NOT NULL DEFAULT 0 CHECK (min_subtotal >= 0),
    usage_limit        bigint CHECK (usage_limit > 0),
    per_customer_limit int CHECK (per_customer_limit > 0),
    starts_at          timestamptz,
    ends_at            timestamptz,
    categories         bigint[], -- NULL: all
    products           bigint[], -- NULL: all
    used               bigint NOT NULL DEFAULT 0, -- counted only while there is a usage_limit
    created_at         timestamptz NOT NULL DEFAULT shop_now(),
    archived_at        timestamptz,
    CHECK (kind <> 'percent' OR value <= 10000),
    CHECK (starts_at IS NULL OR ends_at IS NULL OR starts_at < ends_at),
    CONSTRAINT coupons_used_within_limit CHECK (used >= 0 AND (usage_limit IS NULL OR used <= usage_limit))
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX coupons_code_key ON coupons (code) WHERE archived_at IS NULL;

-- State machines. The rows come from src/shop/*_fsm.def (`tarazu migrate` writes them); triggers
-- refuse every change of state that is not among them, whoever makes it.
CREATE TABLE transitions (
    machine text NOT NULL,
    from_state text NOT NULL,
    event   text NOT NULL,
    to_state text NOT NULL,
    PRIMARY KEY (machine, from_state, event)
);

CREATE TABLE orders (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number             text NOT NULL CONSTRAINT orders_number_key UNIQUE,
    customer_id        bigint NOT NULL,
    status             text NOT NULL DEFAULT 'pending',
    event              text NOT NULL DEFAULT 'place', -- the last one applied
    reason             text,                          -- of the last event
    version            int NOT NULL DEFAULT 1,
    currency           text NOT NULL DEFAULT 'IRT',
    subtotal           bigint NOT NULL,
    discount           bigint NOT NULL,
    shipping           bigint NOT NULL,
    tax                bigint NOT NULL,
    total              bigint NOT NULL,
    wallet             bigint NOT NULL,
    due                bigint NOT NULL,
    prices_include_tax boolean NOT NULL,
    payment_method     text CHECK (payment_method IN ('gateway', 'wallet', 'card_to_card', 'cod')),
    address            jsonb,
    shipping_method    jsonb NOT NULL, -- {id, title_fa, title_en, charged, eta_days}
    coupon             jsonb,          -- {code, kind, value}
    coupon_id          bigint,
    buyer              jsonb NOT NULL, -- {name, phone, national_code}
    seller             jsonb NOT NULL, -- legal data of the shop at that time
    note               text,
    cart_id            bigint NOT NULL,
    cart_version       bigint NOT NULL,
    fingerprint        text NOT NULL,  -- of the request, for placements without key and version
    cancel_reason      text,           -- 'expired' | 'customer' | 'staff'
    returned_to_cart   boolean NOT NULL DEFAULT false,
    expiry_extended    boolean NOT NULL DEFAULT false,
    placed_at          timestamptz NOT NULL DEFAULT shop_now(),
    expires_at         timestamptz,
    paid_at            timestamptz,
    delivered_at       timestamptz,
    CONSTRAINT orders_once_per_cart UNIQUE (cart_id, cart_version),
    CHECK (subtotal >= 0 AND discount BETWEEN 0 AND subtotal AND shipping >= 0 AND tax >= 0),
    CONSTRAINT orders_total CHECK (total = subtotal - discount + shipping
                                   + CASE WHEN prices_include_tax THEN 0 ELSE tax END),
    CONSTRAINT orders_due CHECK (wallet >= 0 AND due >= 0 AND due = total - wallet)
) WITH (fillfactor = 85);
CREATE INDEX orders_customer ON orders (customer_id, id DESC);
CREATE INDEX orders_status ON orders (status, id DESC);
CREATE INDEX orders_expiry ON orders (expires_at) WHERE status = 'pending';

-- Short order numbers that do not count orders aloud: the id is spread over the numbers of its
-- length by a bijection and gets a Luhn digit, so that a mistyped number is no other order.
CREATE FUNCTION order_number(id bigint) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    low bigint := 1000000; n bigint := id; digits text; sum int := 0; d int; i int;
BEGIN
    WHILE n >= 9 * low LOOP
        n := n - 9 * low;
        low := low * 10;
    END LOOP;
    digits := (low + ((n::numeric * 7654321 + 2718281) % (9 * low))::bigint)::text;
    FOR i IN 1 .. length(digits) LOOP
        d := substr(digits, length(digits) - i + 1, 1)::int;
        IF i % 2 = 1 THEN
            d := d * 2;
            IF d > 9 THEN d := d - 9; END IF;
        END IF;
        sum := sum + d;
    END LOOP;
    RETURN digits || ((10 - sum % 10) % 10)::text;
END $$;

CREATE TABLE order_items (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id          bigint NOT NULL REFERENCES orders,
    line              int NOT NULL,
    variant_id        bigint NOT NULL,
    product_id        bigint NOT NULL,
    product_slug      text NOT NULL,
    sku               text NOT NULL,
    title_fa          text NOT NULL,
    title_en          text NOT NULL,
    options           jsonb NOT NULL,
    image             text,
    returnable        boolean NOT NULL,
    unit_price        bigint NOT NULL CHECK (unit_price >= 0),
    quantity          int NOT NULL CHECK (quantity > 0),
    line_subtotal     bigint NOT NULL,
    discount          bigint NOT NULL,
    tax_rate_bp       int NOT NULL,
    tax               bigint NOT NULL,
    line_total        bigint NOT NULL, -- what the buyer pays for the line: the base of its refunds
    reserved          int NOT NULL,
    shipped           int NOT NULL DEFAULT 0,
    canceled          int NOT NULL DEFAULT 0,
    returned          int NOT NULL DEFAULT 0,
    refunded_quantity int NOT NULL DEFAULT 0,
    refunded_amount   bigint NOT NULL DEFAULT 0,
    UNIQUE (order_id, line),
    CONSTRAINT order_items_units CHECK (quantity = reserved + shipped + canceled AND reserved >= 0
        AND shipped >= 0 AND canceled >= 0 AND returned BETWEEN 0 AND shipped),
    CONSTRAINT order_items_refunded CHECK (refunded_quantity BETWEEN 0 AND quantity
        AND refunded_amount BETWEEN 0 AND line_total),
    CHECK (line_subtotal = unit_price * quantity AND discount BETWEEN 0 AND line_subtotal)
) WITH (fillfactor = 85);
CREATE INDEX order_items_variant ON order_items (variant_id) WHERE reserved > 0;

CREATE TABLE order_events (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id   bigint NOT NULL REFERENCES orders,
    at         timestamptz NOT NULL DEFAULT shop_now(),
    event      text NOT NULL,
    from_state text,
    to_state   text NOT NULL,
    reason     text,
    actor      text NOT NULL,
    actor_id   bigint,
    actor_name text,
    request_id text
);
CREATE INDEX order_events_order ON order_events (order_id, id);

-- One function for the three machines: a row is born in its first state, and moves only along a
-- row of `transitions`, with the event named in the same UPDATE.
CREATE FUNCTION check_transition() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    old_state text := CASE WHEN TG_OP = 'INSERT' THEN '' ELSE OLD.status END;
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.status = OLD.status AND NEW.event = OLD.event AND NEW.version = OLD.version THEN
        RETURN NEW;
    END IF;
    PERFORM 1 FROM transitions t WHERE t.machine = TG_ARGV[0] AND t.from_state = old_state
        AND t.event = NEW.event AND t.to_state = NEW.status;
    IF NOT FOUND OR (TG_OP = 'UPDATE' AND NEW.version <> OLD.version + 1) THEN
        RAISE EXCEPTION '%: no transition % --%--> %', TG_ARGV[0], old_state, NEW.event, NEW.status
            USING ERRCODE = 'TZ001';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER orders_fsm BEFORE INSERT OR UPDATE ON orders
    FOR EACH ROW EXECUTE FUNCTION check_transition('order');

CREATE FUNCTION order_audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public AS $$
BEGIN
    IF TG_OP = 'INSERT' OR NEW.version <> OLD.version THEN
        INSERT INTO order_events (order_id, event, from_state, to_state, reason, actor, actor_id, actor_name, request_id)
        VALUES (NEW.id, NEW.event, CASE WHEN TG_OP = 'UPDATE' THEN OLD.status END, NEW.status, NEW.reason,
                actor_kind(), actor_id(), actor_name(), actor_request());
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER orders_audit AFTER INSERT OR UPDATE ON orders
    FOR EACH ROW EXECUTE FUNCTION order_audit();
CREATE TRIGGER order_events_append_only BEFORE UPDATE OR DELETE ON order_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER orders_never_deleted BEFORE DELETE ON orders
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Uses of a coupon by a customer; the lowest free seq is taken under the owner's lock, so that the
-- unique key and the check hold the limit even without it.
CREATE TABLE coupon_uses (
    coupon_id   bigint NOT NULL,
    customer_id bigint NOT NULL,
    seq         int NOT NULL,
    seq_limit   int,
    order_id    bigint NOT NULL,
    CONSTRAINT coupon_uses_once PRIMARY KEY (coupon_id, customer_id, seq),
    CONSTRAINT coupon_uses_seq_within_limit CHECK (seq >= 1 AND (seq_limit IS NULL OR seq <= seq_limit))
);
CREATE UNIQUE INDEX coupon_uses_order ON coupon_uses (order_id);

-- Payments: each attempt is a row with its own life.
CREATE TABLE payments (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid             uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT payments_uuid_key UNIQUE,
    order_id         bigint REFERENCES orders, -- NULL: a wallet top-up
    customer_id      bigint NOT NULL,
    method           text NOT NULL CHECK (method IN ('gateway', 'wallet', 'card_to_card', 'cod')),
    gateway          text,                     -- 'zibal' …
    status           text NOT NULL DEFAULT 'created',
    event            text NOT NULL DEFAULT 'create',
    reason           text,
    version          int NOT NULL DEFAULT 1,
    amount           bigint NOT NULL CHECK (amount > 0), -- IRT asked for
    captured         bigint NOT NULL DEFAULT 0,          -- IRT that counts for the order
    refund_committed bigint NOT NULL DEFAULT 0,          -- IRT promised back out of captured
    received_rial    bigint NOT NULL DEFAULT 0,          -- what the bank says came, in its currency
    gateway_ref      text,                               -- the bank's track id
    callback_token   text CONSTRAINT payments_callback_key UNIQUE,
    result_token     text CONSTRAINT payments_result_key UNIQUE,
    reference        text,                               -- for people: the bank's reference number
    card             text,                               -- masked
    return_url       text,
    created_at       timestamptz NOT NULL DEFAULT shop_now(),
    sent_at          timestamptz, -- committed before the bank is asked for a track id
    lease_until      timestamptz, -- somebody is asking for it now
    settled_at       timestamptz,
    checked_at       timestamptz, -- the bank was asked last
    check_count      int NOT NULL DEFAULT 0,
    CONSTRAINT payments_gateway_ref_key UNIQUE (gateway, gateway_ref),
    CONSTRAINT payments_refund_within_captured CHECK (0 <= refund_committed AND refund_committed <= captured),
    CHECK (captured IN (0, amount)),
    CHECK ((method = 'gateway') = (gateway IS NOT NULL))
) WITH (fillfactor = 85);
CREATE INDEX payments_order ON payments (order_id, id);
CREATE INDEX payments_customer ON payments (customer_id, id DESC);
CREATE INDEX payments_open ON payments (created_at) WHERE status IN ('created', 'redirected', 'unknown', 'suspense', 'in_review');
CREATE UNIQUE INDEX payments_one_capture ON payments (order_id) WHERE status = 'captured' AND method <> 'wallet';
CREATE TRIGGER payments_fsm BEFORE INSERT OR UPDATE ON payments
    FOR EACH ROW EXECUTE FUNCTION check_transition('payment');
CREATE TRIGGER payments_never_deleted BEFORE DELETE ON payments
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE payment_events (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_id bigint NOT NULL REFERENCES payments,
    at         timestamptz NOT NULL DEFAULT shop_now(),
    event      text NOT NULL,
    from_state text,
    to_state   text NOT NULL,
    reason     text,
    actor      text NOT NULL,
    actor_id   bigint,
    request_id text
);
CREATE INDEX payment_events_payment ON payment_events (payment_id, id);
CREATE FUNCTION payment_audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public AS $$
BEGIN
    IF TG_OP = 'INSERT' OR NEW.version <> OLD.version THEN
        INSERT INTO payment_events (payment_id, event, from_state, to_state, reason, actor, actor_id, request_id)
        VALUES (NEW.id, NEW.event, CASE WHEN TG_OP = 'UPDATE' THEN OLD.status END, NEW.status, NEW.reason,
                actor_kind(), actor_id(), actor_request());
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER payments_audit AFTER INSERT OR UPDATE ON payments
    FOR EACH ROW EXECUTE FUNCTION payment_audit();
CREATE TRIGGER payment_events_append_only BEFORE UPDATE OR DELETE ON payment_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE refunds (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid       uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT refunds_uuid_key UNIQUE,
    payment_id bigint NOT NULL REFERENCES payments,
    order_id   bigint REFERENCES orders,
    customer_id bigint NOT NULL,
    status     text NOT NULL,
    event      text NOT NULL DEFAULT 'request',
    reason     text,
    version    int NOT NULL DEFAULT 1,
    amount     bigint NOT NULL CHECK (amount > 0), -- in `currency`
    currency   text NOT NULL DEFAULT 'IRT' CHECK (currency IN ('IRT', 'IRR')), -- IRR: money that fitted nothing
    target     text NOT NULL CHECK (target IN ('gateway', 'wallet', 'manual')),
    iban       text,
    reference  text,
    gateway_refund_id text,
    sent_at    timestamptz,
    created_at timestamptz NOT NULL DEFAULT shop_now(),
    done_at    timestamptz
);
CREATE INDEX refunds_order ON refunds (order_id, id);
CREATE INDEX refunds_open ON refunds (created_at) WHERE status NOT IN ('done');
-- Single flight: one refund of a payment is on its way at a time.
CREATE UNIQUE INDEX refunds_single_flight ON refunds (payment_id) WHERE status IN ('sent', 'unknown');
CREATE TRIGGER refunds_fsm BEFORE INSERT OR UPDATE ON refunds
    FOR EACH ROW EXECUTE FUNCTION check_transition('refund');
CREATE TRIGGER refunds_never_deleted BEFORE DELETE ON refunds
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TABLE refund_lines (
    refund_id bigint NOT NULL REFERENCES refunds,
    item_id   bigint NOT NULL REFERENCES order_items,
    quantity  int NOT NULL CHECK (quantity > 0),
    amount    bigint NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (refund_id, item_id)
);

CREATE TABLE shipments (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id        bigint NOT NULL REFERENCES orders,
    status          text NOT NULL DEFAULT 'shipped'
        CHECK (status IN ('prepared', 'shipped', 'delivered', 'failed', 'returned_to_sender', 'lost')),
    carrier         text,
    tracking_number text,
    tracking_url    text,
    created_at      timestamptz NOT NULL DEFAULT shop_now(),
    delivered_at    timestamptz
);
CREATE INDEX shipments_order ON shipments (order_id, id);
CREATE TABLE shipment_items (
    shipment_id bigint NOT NULL REFERENCES shipments,
    item_id     bigint NOT NULL REFERENCES order_items,
    quantity    int NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (shipment_id, item_id)
);

-- Store credit. As with stock, movements are the only way to change it.
CREATE TABLE wallets (
    customer_id bigint PRIMARY KEY REFERENCES customers,
    balance     bigint NOT NULL DEFAULT 0,
    held        bigint NOT NULL DEFAULT 0,
    CONSTRAINT wallets_held_within_balance CHECK (0 <= held AND held <= balance)
);
CREATE TABLE wallet_movements (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id   bigint NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('hold', 'release', 'capture', 'refund', 'topup', 'adjust')),
    balance_delta bigint NOT NULL DEFAULT 0,
    held_delta    bigint NOT NULL DEFAULT 0,
    order_id      bigint,
    payment_id    bigint,
    refund_id     bigint,
    at            timestamptz NOT NULL DEFAULT shop_now()
);
CREATE INDEX wallet_movements_customer ON wallet_movements (customer_id, id DESC);
CREATE FUNCTION wallet_apply() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public AS $$
BEGIN
    UPDATE wallets SET balance = balance + NEW.balance_delta, held = held + NEW.held_delta
     WHERE customer_id = NEW.customer_id;
    IF NOT FOUND THEN
        INSERT INTO wallets (customer_id, balance, held) VALUES (NEW.customer_id, NEW.balance_delta, NEW.held_delta);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER wallet_movement_applies AFTER INSERT ON wallet_movements
    FOR EACH ROW EXECUTE FUNCTION wallet_apply();
CREATE TRIGGER wallet_movements_append_only BEFORE UPDATE OR DELETE ON wallet_movements
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION wallet_only_by_movement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'wallets change only by wallet_movements' USING ERRCODE = 'TZ002';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER wallet_changes_by_movement BEFORE UPDATE OF balance, held ON wallets
    FOR EACH ROW EXECUTE FUNCTION wallet_only_by_movement();

-- The ledger: double entry, append-only. Positive: debit, negative: credit. A transaction's entries
-- come in one INSERT, and the statement trigger proves that they sum to zero in each currency.
CREATE TYPE ledger_account AS ENUM ('gateway_clearing', 'bank', 'courier', 'wallet', 'receivable', 'sales',
    'discounts', 'tax', 'shipping', 'returns', 'allowances', 'refunds_payable', 'suspense', 'fees', 'adjustments');
CREATE TABLE ledger_transactions (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event      text NOT NULL, -- a row group of src/shop/postings.def
    at         timestamptz NOT NULL DEFAULT shop_now(),
    order_id   bigint,
    payment_id bigint,
    refund_id  bigint
);
CREATE UNIQUE INDEX ledger_once_per_payment ON ledger_transactions (event, payment_id) WHERE refund_id IS NULL AND payment_id IS NOT NULL;
CREATE UNIQUE INDEX ledger_once_per_refund ON ledger_transactions (event, refund_id) WHERE refund_id IS NOT NULL;
CREATE INDEX ledger_transactions_order ON ledger_transactions (order_id);
CREATE TABLE ledger_entries (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    transaction_id bigint NOT NULL REFERENCES ledger_transactions,
    account        ledger_account NOT NULL,
    currency       text NOT NULL CHECK (currency IN ('IRT', 'IRR')),
    amount         bigint NOT NULL CHECK (amount <> 0)
);
CREATE INDEX ledger_entries_transaction ON ledger_entries (transaction_id);
CREATE FUNCTION ledger_is_zero() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    bad record;
BEGIN
    SELECT transaction_id, currency, sum(amount) AS off INTO bad FROM added
     GROUP BY transaction_id, currency HAVING sum(amount) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'ledger transaction % is off by % %', bad.transaction_id, bad.off, bad.currency
            USING ERRCODE = 'TZ004';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_sums_to_zero AFTER INSERT ON ledger_entries
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_zero();
CREATE TRIGGER ledger_entries_append_only BEFORE UPDATE OR DELETE ON ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_transactions_append_only BEFORE UPDATE OR DELETE ON ledger_transactions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE webhook_events (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    gateway     text NOT NULL,
    hash        text NOT NULL CONSTRAINT webhook_events_once UNIQUE, -- SHA-256 of the raw body
    gateway_ref text,
    payment_id  bigint,
    body        text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT shop_now(),
    outcome     text NOT NULL DEFAULT 'accepted'
);
CREATE INDEX webhook_events_age ON webhook_events (received_at);
-- Refused ones within a cap, so that strangers cannot fill the disk: the ring has 1000 places.
CREATE TABLE webhook_refusals (
    place       int PRIMARY KEY CHECK (place BETWEEN 0 AND 999),
    reason      text NOT NULL,
    client      text NOT NULL,
    head        text NOT NULL, -- the first 200 bytes
    received_at timestamptz NOT NULL DEFAULT shop_now()
);
CREATE SEQUENCE webhook_refusal_seq MINVALUE 0 MAXVALUE 999 START 0 CYCLE;

GRANT SELECT ON ALL TABLES IN SCHEMA public TO tarazu_readonly;
GRANT SELECT ON carts, cart_items, coupons, transitions, orders, order_items, order_events, coupon_uses,
    payments, payment_events, refunds, refund_lines, shipments, shipment_items, wallets, wallet_movements,
    ledger_transactions, ledger_entries, webhook_events, webhook_refusals
    TO tarazu_web, tarazu_order, tarazu_pay, tarazu_job;
GRANT INSERT, UPDATE, DELETE ON carts, cart_items TO tarazu_web, tarazu_order, tarazu_job;
GRANT INSERT, UPDATE ON coupons TO tarazu_web;
GRANT UPDATE ON coupons TO tarazu_order, tarazu_pay, tarazu_job;
GRANT INSERT, DELETE ON coupon_uses TO tarazu_order, tarazu_pay, tarazu_job;
GRANT INSERT, UPDATE ON orders, order_items, refunds, shipments TO tarazu_order, tarazu_pay, tarazu_job;
GRANT INSERT, UPDATE ON payments TO tarazu_web, tarazu_order, tarazu_pay, tarazu_job;
GRANT UPDATE ON orders TO tarazu_web;
GRANT INSERT ON refund_lines, shipment_items, wallet_movements, ledger_transactions, ledger_entries
    TO tarazu_order, tarazu_pay, tarazu_job;
GRANT INSERT, UPDATE ON wallets TO tarazu_order, tarazu_pay, tarazu_job;
GRANT INSERT, UPDATE ON webhook_events TO tarazu_pay;
GRANT DELETE ON webhook_events TO tarazu_job;
GRANT INSERT, UPDATE ON webhook_refusals TO tarazu_pay;
GRANT USAGE ON webhook_refusal_seq TO tarazu_pay;
