-- What a payment gateway paid out, by its own file, beside what the books say it holds. A file is kept
-- as it was read; its rows are compared with the books whenever somebody looks, and those that agree are
-- posted once.
CREATE TABLE settlements (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid        uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT settlements_uuid_key UNIQUE,
    gateway     text NOT NULL,
    file_name   text NOT NULL,
    hash        text NOT NULL, -- SHA-256 of the file
    uploaded_at timestamptz NOT NULL DEFAULT shop_now(),
    uploaded_by text DEFAULT actor_name(),
    posted_at   timestamptz, -- last; NULL: a preview, which may be discarded
    posted_by   text,
    CONSTRAINT settlements_once UNIQUE (gateway, hash)
);
CREATE TABLE settlement_rows (
    settlement_id bigint NOT NULL REFERENCES settlements ON DELETE CASCADE,
    line          int NOT NULL, -- of the file
    kind          text CHECK (kind IN ('payment', 'refund')),
    track_id      text,
    reference     text,
    amount        bigint CHECK (amount > 0),                 -- Rial
    fee           bigint NOT NULL DEFAULT 0 CHECK (fee >= 0), -- Rial
    problem       text, -- code of what could not be read; then the rest is NULL
    raw           text NOT NULL,
    payment_id    bigint,
    refund_id     bigint,
    posted_at     timestamptz, -- it is in the books
    PRIMARY KEY (settlement_id, line),
    CHECK (problem IS NOT NULL OR (kind IS NOT NULL AND amount IS NOT NULL AND coalesce(track_id, reference) IS NOT NULL)),
    CHECK (posted_at IS NULL OR (problem IS NULL AND payment_id IS NOT NULL AND (kind = 'refund') = (refund_id IS NOT NULL)))
);
-- A payment and a refund are settled once, whatever the files say.
CREATE UNIQUE INDEX settlement_rows_payment ON settlement_rows (payment_id) WHERE posted_at IS NOT NULL AND kind = 'payment';
CREATE UNIQUE INDEX settlement_rows_refund ON settlement_rows (refund_id) WHERE posted_at IS NOT NULL AND kind = 'refund';
CREATE INDEX payments_settled ON payments (gateway, settled_at) WHERE status IN ('captured', 'suspense') AND method = 'gateway';

CREATE FUNCTION settlement_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.posted_at IS NOT NULL THEN
        RAISE EXCEPTION 'what was posted stays' USING ERRCODE = 'TZ003';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER settlements_kept BEFORE DELETE ON settlements FOR EACH ROW EXECUTE FUNCTION settlement_kept();
CREATE TRIGGER settlement_rows_kept BEFORE DELETE ON settlement_rows FOR EACH ROW EXECUTE FUNCTION settlement_kept();
CREATE TRIGGER settlement_rows_posted_once BEFORE UPDATE ON settlement_rows FOR EACH ROW EXECUTE FUNCTION settlement_kept();

GRANT SELECT ON settlements, settlement_rows TO tarazu_web, tarazu_order, tarazu_readonly;
GRANT INSERT, UPDATE ON settlements, settlement_rows TO tarazu_order;
GRANT DELETE ON settlements, settlement_rows TO tarazu_web;
