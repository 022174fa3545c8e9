-- Money that comes without a gateway: transfers to the shop's card, with a receipt that staff look at.

-- The picture of a receipt, made anew from what was sent; kept here and not among the public pictures.
CREATE TABLE receipts (
    payment_id  bigint PRIMARY KEY REFERENCES payments,
    image       bytea NOT NULL, -- WebP
    uploaded_at timestamptz NOT NULL DEFAULT shop_now()
);
GRANT SELECT, INSERT, UPDATE ON receipts TO tarazu_order;
GRANT SELECT ON receipts TO tarazu_web;
GRANT SELECT (payment_id, uploaded_at) ON receipts TO tarazu_readonly;

-- A transfer pays once: its reference is free again only when staff refused the receipt.
CREATE UNIQUE INDEX payments_receipt_reference ON payments (reference)
    WHERE method = 'card_to_card' AND status IN ('in_review', 'captured', 'suspense');
