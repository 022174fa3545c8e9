-- Refunds that one person may not give alone: they wait for a second one. And who did what.

ALTER TABLE refunds
    ADD COLUMN batch_id bigint REFERENCES refunds,          -- the first refund of the same request; NULL: this one
    ADD COLUMN return_id bigint REFERENCES returns,         -- that it pays once it is approved
    ADD COLUMN automatic boolean NOT NULL DEFAULT false,    -- followed from a cancellation, a lost parcel, stray money
    ADD COLUMN lines_net bigint NOT NULL DEFAULT 0 CHECK (lines_net >= 0), -- what it gives back, as it is booked
    ADD COLUMN lines_tax bigint NOT NULL DEFAULT 0 CHECK (lines_tax >= 0),
    ADD COLUMN shipping bigint NOT NULL DEFAULT 0 CHECK (shipping >= 0),
    ADD COLUMN allowance bigint NOT NULL DEFAULT 0 CHECK (allowance >= 0),
    ADD COLUMN asked_kind text,
    ADD COLUMN asked_by bigint,
    ADD COLUMN asked_name text,
    ADD COLUMN decided_by bigint,
    ADD COLUMN decided_name text,
    ADD COLUMN decided_at timestamptz,
    ADD COLUMN refusal text, -- why it was refused
    ADD CONSTRAINT refunds_two_people CHECK (decided_by IS NULL OR status = 'refused' OR decided_by <> asked_by);
ALTER TABLE refunds
    ALTER COLUMN asked_kind SET DEFAULT actor_kind(),
    ALTER COLUMN asked_by SET DEFAULT actor_id(),
    ALTER COLUMN asked_name SET DEFAULT actor_name();
CREATE INDEX refunds_waiting ON refunds (order_id) WHERE status = 'awaiting_approval';
DROP INDEX refunds_open;
CREATE INDEX refunds_open ON refunds (created_at) WHERE status NOT IN ('done', 'refused');
CREATE INDEX refunds_status ON refunds (status, id DESC);
CREATE INDEX refunds_payment ON refunds (payment_id);
