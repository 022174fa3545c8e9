-- What customers say of products and wait for.

-- Shown once staff have approved it; whoever changes a review has it read again.
CREATE TABLE reviews (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id  bigint NOT NULL REFERENCES products,
    customer_id bigint NOT NULL REFERENCES customers,
    rating      smallint NOT NULL CHECK (rating BETWEEN 1 AND 5),
    title       text NOT NULL DEFAULT '',
    body        text NOT NULL DEFAULT '',
    status      text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'approved', 'refused')),
    bought      boolean NOT NULL DEFAULT false, -- an order of the customer's with it was paid or delivered
    version     int NOT NULL DEFAULT 1,         -- of the text: staff decide about what they have read
    created_at  timestamptz NOT NULL DEFAULT shop_now(),
    updated_at  timestamptz NOT NULL DEFAULT shop_now(),
    decided_at  timestamptz,
    CONSTRAINT reviews_once UNIQUE (product_id, customer_id),
    CHECK ((status = 'pending') = (decided_at IS NULL))
);
CREATE INDEX reviews_shown ON reviews (product_id, id DESC) WHERE status = 'approved';
CREATE INDEX reviews_status ON reviews (status, id DESC);
CREATE INDEX reviews_customer ON reviews (customer_id);
CREATE INDEX order_items_product ON order_items (product_id);

-- A product's rating is the sum of its approved reviews, kept by the rows themselves.
CREATE FUNCTION review_counts() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public AS $$
DECLARE
    was boolean := TG_OP <> 'INSERT' AND OLD.status = 'approved';
    now boolean := TG_OP <> 'DELETE' AND NEW.status = 'approved';
BEGIN
    IF was THEN
        UPDATE products SET rating_sum = rating_sum - OLD.rating, review_count = review_count - 1 WHERE id = OLD.product_id;
    END IF;
    IF now THEN
        UPDATE products SET rating_sum = rating_sum + NEW.rating, review_count = review_count + 1 WHERE id = NEW.product_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER reviews_count AFTER INSERT OR DELETE OR UPDATE OF status, rating, product_id ON reviews
    FOR EACH ROW EXECUTE FUNCTION review_counts();

-- Who wants to be told when a variant can be bought again: once a request.
CREATE TABLE stock_requests (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    variant_id  bigint NOT NULL REFERENCES variants,
    customer_id bigint NOT NULL REFERENCES customers,
    created_at  timestamptz NOT NULL DEFAULT shop_now(),
    told_at     timestamptz -- when the message was queued
);
CREATE UNIQUE INDEX stock_requests_open ON stock_requests (variant_id, customer_id) WHERE told_at IS NULL;
CREATE INDEX stock_requests_customer ON stock_requests (customer_id);

-- A request is made under a share lock of the stock row (q_stock_request), so none is missed here.
CREATE FUNCTION stock_is_back() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public AS $$
BEGIN
    WITH told AS (
        UPDATE stock_requests SET told_at = shop_now() WHERE variant_id = NEW.variant_id AND told_at IS NULL RETURNING id)
    INSERT INTO jobs (kind, payload, request_id)
    SELECT 'stock_message', jsonb_build_object('request_id', id), actor_request() FROM told ORDER BY id;
    RETURN NULL;
END $$;
CREATE TRIGGER stock_back AFTER UPDATE OF on_hand, reserved ON stock FOR EACH ROW
    WHEN (OLD.on_hand <= OLD.reserved AND NEW.on_hand > NEW.reserved) EXECUTE FUNCTION stock_is_back();

GRANT SELECT ON reviews, stock_requests TO tarazu_web, tarazu_job, tarazu_readonly;
GRANT INSERT, UPDATE ON reviews TO tarazu_web;
GRANT INSERT ON stock_requests TO tarazu_web;
