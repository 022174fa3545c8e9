-- What a buyer keeps for later: beside the cart, untouched by placing an order. And what a merge of two
-- carts had to change, shown until the buyer has seen it.
CREATE TABLE cart_saved (
    cart_id    bigint NOT NULL REFERENCES carts ON DELETE CASCADE,
    variant_id bigint NOT NULL, -- no foreign key: as in cart_items
    quantity   int NOT NULL CHECK (quantity BETWEEN 1 AND 1000),
    price_seen bigint NOT NULL,
    saved_at   timestamptz NOT NULL DEFAULT shop_now(),
    PRIMARY KEY (cart_id, variant_id)
);
ALTER TABLE carts ADD COLUMN notices jsonb; -- [{code, variant_id, quantity}]
CREATE INDEX carts_age ON carts (updated_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON cart_saved TO tarazu_web, tarazu_order, tarazu_job;
GRANT SELECT ON cart_saved TO tarazu_pay, tarazu_readonly;
