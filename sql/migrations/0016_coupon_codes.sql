-- Single-use codes by the thousand: a coupon that is `bulk` is a campaign and holds the rules; its codes
-- are rows of their own and nobody types its own name. A use names its code, once: that index is the
-- last line. Codes take their ids from the coupons' sequence, so that both share one space of locks.
ALTER TABLE coupons
    ADD COLUMN bulk boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT coupons_bulk_counts_codes CHECK (NOT bulk OR usage_limit IS NULL);
CREATE TABLE coupon_codes (
    id        bigint PRIMARY KEY DEFAULT nextval('coupons_id_seq'),
    coupon_id bigint NOT NULL REFERENCES coupons,
    code      text NOT NULL CONSTRAINT coupon_codes_key UNIQUE -- folded
);
CREATE INDEX coupon_codes_coupon ON coupon_codes (coupon_id, id);
ALTER TABLE coupon_uses ADD COLUMN code text;
CREATE UNIQUE INDEX coupon_uses_code_once ON coupon_uses (code) WHERE code IS NOT NULL;
GRANT SELECT ON coupon_codes TO tarazu_web, tarazu_order, tarazu_pay, tarazu_job, tarazu_readonly;
GRANT INSERT ON coupon_codes TO tarazu_web;
GRANT UPDATE ON coupon_codes TO tarazu_order, tarazu_pay, tarazu_job; -- to lock rows; nothing in them changes
GRANT USAGE ON SEQUENCE coupons_id_seq TO tarazu_web;
