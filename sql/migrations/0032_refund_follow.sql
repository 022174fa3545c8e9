-- A refund that the bank accepted is followed to its last word: paid out, or failed after all. And who
-- may say where the money of a cancellation goes.

ALTER TABLE refunds
    ADD COLUMN settled_at timestamptz, -- the bank has paid it out
    ADD COLUMN bounced_at timestamptz, -- it failed after it had been accepted: somebody transfers it
    ADD COLUMN ask_at timestamptz,     -- when the bank is asked about it next; NULL: it is not asked
    ADD COLUMN owed boolean NOT NULL DEFAULT false, -- goes home in any case: only the way there waits for a second person
    ADD CONSTRAINT refunds_settled_done CHECK (settled_at IS NULL OR (status = 'done' AND ask_at IS NULL)),
    ADD CONSTRAINT refunds_asked_done CHECK (ask_at IS NULL OR status = 'done');
-- What was accepted before is asked about once at least.
UPDATE refunds SET gateway_refund_id = reference, ask_at = shop_now() WHERE status = 'done' AND event = 'complete';
CREATE INDEX refunds_to_ask ON refunds (ask_at) WHERE ask_at IS NOT NULL;
CREATE INDEX refunds_silent ON refunds (payment_id) WHERE status = 'done' AND event = 'complete' AND settled_at IS NULL AND ask_at IS NULL;
