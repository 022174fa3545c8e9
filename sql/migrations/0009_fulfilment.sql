-- What happens to an order after it is paid: parcels with a life of their own, corrections and notes,
-- goods that come back, and links by which somebody pays who has no session.

-- Parcels move like orders do: along the rows of `transitions`, with the event named in the UPDATE.
ALTER TABLE shipments
    ADD COLUMN event text NOT NULL DEFAULT 'ship',
    ADD COLUMN version int NOT NULL DEFAULT 1,
    ADD COLUMN received_at timestamptz; -- a lost or returned parcel: its units have been told back or off
CREATE TRIGGER shipments_fsm BEFORE INSERT OR UPDATE ON shipments
    FOR EACH ROW EXECUTE FUNCTION check_transition('shipment');
CREATE TRIGGER shipments_never_deleted BEFORE DELETE ON shipments
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE shipment_items
    ADD COLUMN restocked int NOT NULL DEFAULT 0 CHECK (restocked >= 0),
    ADD COLUMN written_off int NOT NULL DEFAULT 0 CHECK (written_off >= 0),
    ADD CONSTRAINT shipment_items_back CHECK (restocked + written_off IN (0, quantity));
GRANT UPDATE ON shipment_items TO tarazu_order;

ALTER TABLE orders ADD COLUMN gift boolean NOT NULL DEFAULT false; -- the packing slip shows no prices

-- What staff wrote or corrected, in the staff's timeline; never changed.
CREATE TABLE order_notes (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id   bigint NOT NULL REFERENCES orders,
    kind       text NOT NULL CHECK (kind IN ('note', 'address', 'cancel_lines')),
    text       text,
    before     jsonb, -- the snapshot that was replaced
    after      jsonb,
    at         timestamptz NOT NULL DEFAULT shop_now(),
    actor      text NOT NULL DEFAULT actor_kind(),
    actor_id   bigint DEFAULT actor_id(),
    actor_name text DEFAULT actor_name(),
    request_id text DEFAULT actor_request(),
    CHECK (kind <> 'address' OR (before IS NOT NULL AND after IS NOT NULL))
);
CREATE INDEX order_notes_order ON order_notes (order_id, id);
CREATE TRIGGER order_notes_append_only BEFORE UPDATE OR DELETE ON order_notes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Days without work besides Fridays. The lunar ones are known a year ahead and entered by the owner.
CREATE TABLE IF NOT EXISTS holidays (
    day   date PRIMARY KEY,
    title text
);
INSERT INTO holidays (day, title)
SELECT y.first + h.day, h.title
  FROM (VALUES (date '2026-03-21'), (date '2027-03-21'), (date '2028-03-20')) y(first), -- 1 Farvardin 1405 to 1407
       (VALUES (0, 'نوروز'), (1, 'نوروز'), (2, 'نوروز'), (3, 'نوروز'), (11, 'روز جمهوری اسلامی'), (12, 'روز طبیعت'),
               (75, '۱۴ خرداد'), (76, '۱۵ خرداد'), (327, '۲۲ بهمن'), (364, 'ملی شدن صنعت نفت')) h(day, title)
ON CONFLICT (day) DO NOTHING;

-- Goods that come back.
CREATE TABLE returns (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid        uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT returns_uuid_key UNIQUE,
    order_id    bigint NOT NULL REFERENCES orders,
    customer_id bigint NOT NULL,
    status      text NOT NULL DEFAULT 'requested',
    event       text NOT NULL DEFAULT 'request',
    reason      text, -- of the last event
    version     int NOT NULL DEFAULT 1,
    refund_id   bigint REFERENCES refunds,
    created_at  timestamptz NOT NULL DEFAULT shop_now(),
    decided_at  timestamptz,
    received_at timestamptz,
    ended_at    timestamptz
);
CREATE INDEX returns_order ON returns (order_id, id);
CREATE INDEX returns_status ON returns (status, id DESC);
CREATE TRIGGER returns_fsm BEFORE INSERT OR UPDATE ON returns
    FOR EACH ROW EXECUTE FUNCTION check_transition('return');
CREATE TRIGGER returns_never_deleted BEFORE DELETE ON returns
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TABLE return_lines (
    return_id   bigint NOT NULL REFERENCES returns,
    item_id     bigint NOT NULL REFERENCES order_items,
    quantity    int NOT NULL CHECK (quantity > 0),
    reason      text NOT NULL,
    restocked   int NOT NULL DEFAULT 0 CHECK (restocked >= 0),
    written_off int NOT NULL DEFAULT 0 CHECK (written_off >= 0),
    PRIMARY KEY (return_id, item_id),
    CONSTRAINT return_lines_received CHECK (restocked + written_off <= quantity)
);
CREATE INDEX return_lines_item ON return_lines (item_id);

-- Until when goods that were delivered at a moment may be given back: the end of the last of so many
-- working days after that day, by the calendar of Tehran.
CREATE FUNCTION return_deadline(delivered timestamptz, working_days bigint) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT (d.day + interval '1 day') AT TIME ZONE 'Asia/Tehran'
      FROM generate_series(date_trunc('day', delivered AT TIME ZONE 'Asia/Tehran') + interval '1 day',
                           date_trunc('day', delivered AT TIME ZONE 'Asia/Tehran') + working_days * interval '3 days' + interval '30 days',
                           interval '1 day') d(day)
     WHERE extract(isodow FROM d.day) <> 5 AND NOT EXISTS (SELECT 1 FROM holidays h WHERE h.day = d.day::date)
     ORDER BY d.day OFFSET working_days - 1 LIMIT 1 $$;

-- A link that pays an order without a session; the token is as good as the SMS it came with.
CREATE TABLE payment_links (
    token      text PRIMARY KEY,
    order_id   bigint NOT NULL CONSTRAINT payment_links_order_key UNIQUE REFERENCES orders,
    created_at timestamptz NOT NULL DEFAULT shop_now()
);

GRANT SELECT ON order_notes, holidays, returns, return_lines, payment_links
    TO tarazu_web, tarazu_order, tarazu_pay, tarazu_job;
GRANT SELECT ON order_notes, holidays, returns, return_lines TO tarazu_readonly;
GRANT SELECT (order_id, created_at) ON payment_links TO tarazu_readonly;
GRANT INSERT ON order_notes, returns, return_lines, payment_links TO tarazu_order;
GRANT UPDATE ON returns, return_lines TO tarazu_order;
GRANT INSERT, UPDATE, DELETE ON holidays TO tarazu_web;
GRANT UPDATE (name) ON customers TO tarazu_order; -- of somebody who orders by phone
