-- Orders under way (shop/order_facts.c, shop/order_event.c).

-- name: q_order_route :opt (bigint id)
-- What never changes: enough to take the locks in their order.
SELECT o.id, o.number, o.customer_id, coupon_lock_of(o.coupon_id, o.coupon ->> 'code') AS coupon_lock,
       (SELECT jsonb_agg(i.variant_id ORDER BY i.variant_id) FROM order_items i WHERE i.order_id = o.id)::text AS variants
  FROM orders o WHERE o.id = $1

-- name: q_order_by_number :opt (text number)
SELECT id, customer_id FROM orders WHERE number = $1

-- name: q_order_own :opt (text number, bigint customer)
SELECT id, status, version, due, total, payment_method, expires_at < shop_now() AS overdue FROM orders
 WHERE number = $1 AND customer_id = $2

-- name: q_order_lock :one (bigint id)
SELECT o.id, o.number, o.customer_id, o.status, o.version, o.subtotal, o.discount, o.shipping, o.tax, o.total, o.wallet,
       o.due, o.prices_include_tax, o.payment_method, o.coupon_id,
       coupon_lock_of(o.coupon_id, o.coupon ->> 'code') AS coupon_lock, o.cancel_reason, o.returned_to_cart, o.expiry_extended,
       o.cart_id, o.expires_at <= shop_now() AS expired,
       (SELECT per_customer_limit FROM coupons k WHERE k.id = o.coupon_id) AS coupon_seq_limit
  FROM orders o WHERE o.id = $1 FOR NO KEY UPDATE OF o

-- name: q_order_facts_items :many (bigint order_id)
SELECT id, variant_id, quantity, line_total, tax, discount, line_subtotal, reserved, shipped, canceled, returned,
       refunded_quantity, refunded_amount
  FROM order_items WHERE order_id = $1 ORDER BY line

-- name: q_order_facts_payments :many (bigint order_id)
SELECT id, method, gateway, status, version, amount, captured, refund_committed, received_rial,
       created_at > shop_now() - interval '15 minutes' AS young, sent_at IS NOT NULL AS sent
  FROM payments WHERE order_id = $1 ORDER BY id FOR NO KEY UPDATE

-- name: q_order_facts_stock :many (bigint[] variants)
SELECT variant_id, on_hand - reserved AS available FROM stock WHERE variant_id = ANY ($1)

-- name: q_order_move :one (bigint id, bigint version, text event, text to_state, text reason)
UPDATE orders SET status = $4, event = $3, reason = $5, version = version + 1,
       paid_at = CASE WHEN $3 IN ('capture', 'late_capture') THEN shop_now() ELSE paid_at END,
       delivered_at = CASE WHEN $3 = 'deliver' THEN shop_now() ELSE delivered_at END,
       expires_at = CASE WHEN $4 = 'pending' THEN expires_at END
 WHERE id = $1 AND version = $2 RETURNING id

-- name: q_order_cancel_reason :exec (bigint id, text cancel_reason)
UPDATE orders SET cancel_reason = $2 WHERE id = $1

-- name: q_order_release :many (bigint order_id)
-- All that is reserved goes back to the shelf, in variant order.
WITH old AS (SELECT id, variant_id, reserved FROM order_items WHERE order_id = $1 AND reserved > 0),
u AS (UPDATE order_items i SET canceled = i.canceled + old.reserved, reserved = i.reserved - old.reserved
        FROM old WHERE i.id = old.id)
INSERT INTO stock_movements (variant_id, kind, reserved_delta, order_id)
SELECT variant_id, 'release', -reserved, $1 FROM old ORDER BY variant_id RETURNING variant_id

-- name: q_order_retake :many (bigint order_id)
-- A late capture takes again what expiry had released.
WITH old AS (SELECT id, variant_id, canceled FROM order_items WHERE order_id = $1 AND canceled > 0),
u AS (UPDATE order_items i SET reserved = i.reserved + old.canceled, canceled = i.canceled - old.canceled
        FROM old WHERE i.id = old.id)
INSERT INTO stock_movements (variant_id, kind, reserved_delta, order_id)
SELECT variant_id, 'reserve', canceled, $1 FROM old ORDER BY variant_id RETURNING variant_id

-- name: q_order_ship :many (bigint order_id, text carrier, text tracking_number)
-- One parcel with all that is still reserved: out of both counters.
WITH old AS (SELECT id, variant_id, product_id, reserved FROM order_items WHERE order_id = $1 AND reserved > 0),
p AS (INSERT INTO shipments (order_id, carrier, tracking_number) SELECT $1, $2, $3 WHERE EXISTS (SELECT 1 FROM old) RETURNING id),
n AS (INSERT INTO shipment_items (shipment_id, item_id, quantity) SELECT p.id, old.id, old.reserved FROM p, old),
u AS (UPDATE order_items i SET shipped = i.shipped + old.reserved, reserved = i.reserved - old.reserved
        FROM old WHERE i.id = old.id)
INSERT INTO stock_movements (variant_id, kind, on_hand_delta, reserved_delta, order_id)
SELECT variant_id, 'ship', -reserved, -reserved, $1 FROM old ORDER BY variant_id RETURNING variant_id

-- name: q_order_sold :exec (bigint order_id)
-- Products have no place in the order of locks but this: last, and by their ids.
WITH s AS (SELECT product_id, sum(shipped) AS units FROM order_items WHERE order_id = $1 GROUP BY product_id),
l AS MATERIALIZED (SELECT id FROM products WHERE id IN (SELECT product_id FROM s) ORDER BY id FOR NO KEY UPDATE)
UPDATE products p SET sold_count = sold_count + s.units FROM s JOIN l ON l.id = s.product_id WHERE p.id = l.id

-- name: q_order_delivered :many (bigint order_id)
UPDATE shipments SET status = 'delivered', event = 'deliver', version = version + 1, delivered_at = shop_now()
 WHERE order_id = $1 AND status = 'shipped' RETURNING id

-- name: q_order_extend :exec (bigint order_id)
UPDATE orders SET expiry_extended = true, expires_at = expires_at + interval '15 minutes' WHERE id = $1

-- name: q_orders_due_expiry :many ()
SELECT o.id,
       (SELECT p.id FROM payments p WHERE p.order_id = o.id AND p.method = 'gateway'
           AND p.status IN ('redirected', 'unknown') AND p.gateway_ref IS NOT NULL
         ORDER BY p.id DESC LIMIT 1) AS ask
  FROM orders o WHERE o.status = 'pending' AND o.expires_at <= shop_now() ORDER BY o.expires_at LIMIT 100

-- name: q_wallet_hold :one (bigint order_id, bigint customer, bigint amount)
WITH p AS (INSERT INTO payments (order_id, customer_id, method, amount) VALUES ($1, $2, 'wallet', $3) RETURNING id)
INSERT INTO wallet_movements (customer_id, kind, held_delta, order_id, payment_id)
SELECT $2, 'hold', $3, $1, id FROM p RETURNING payment_id

-- name: q_wallet_capture :many (bigint order_id)
WITH p AS (UPDATE payments SET status = 'captured', event = 'capture', version = version + 1, captured = amount, settled_at = shop_now()
            WHERE order_id = $1 AND method = 'wallet' AND status = 'created' RETURNING id, customer_id, amount)
INSERT INTO wallet_movements (customer_id, kind, balance_delta, held_delta, order_id, payment_id)
SELECT customer_id, 'capture', -amount, -amount, $1, id FROM p RETURNING payment_id

-- name: q_wallet_release :many (bigint order_id)
WITH p AS (UPDATE payments SET status = 'canceled', event = 'cancel', version = version + 1
            WHERE order_id = $1 AND method = 'wallet' AND status = 'created' RETURNING id, customer_id, amount)
INSERT INTO wallet_movements (customer_id, kind, held_delta, order_id, payment_id)
SELECT customer_id, 'release', -amount, $1, id FROM p RETURNING payment_id

-- name: q_wallet_revive :many (bigint order_id)
WITH p AS (UPDATE payments SET status = 'created', event = 'revive', version = version + 1
            WHERE order_id = $1 AND method = 'wallet' AND status = 'canceled' RETURNING id, customer_id, amount)
INSERT INTO wallet_movements (customer_id, kind, held_delta, order_id, payment_id)
SELECT customer_id, 'hold', amount, $1, id FROM p RETURNING payment_id

-- name: q_order_next_seq :one (bigint coupon, bigint customer, bigint order_id)
SELECT (SELECT min(n) FROM generate_series(1, (SELECT count(*) + 1 FROM coupon_uses u
         WHERE u.coupon_id = $1 AND u.customer_id = $2)) n
         WHERE NOT EXISTS (SELECT 1 FROM coupon_uses u WHERE u.coupon_id = $1 AND u.customer_id = $2 AND u.seq = n)) AS free_seq,
       coalesce((SELECT usage_limit IS NULL OR used < usage_limit FROM coupons WHERE id = $1), false)
       AND NOT EXISTS (SELECT 1 FROM coupon_uses u JOIN orders o ON o.id = $3 AND u.code = o.coupon ->> 'code') AS has_room,
       (SELECT per_customer_limit FROM coupons WHERE id = $1) AS seq_limit

-- name: q_order_to_cart :many (bigint order_id, bigint cart)
-- Puts the lines of a canceled order back into the cart; what is there already is kept if larger.
WITH marked AS (UPDATE orders SET returned_to_cart = true WHERE id = $1 AND status = 'canceled' AND NOT returned_to_cart RETURNING id),
c AS (UPDATE carts k SET version = k.version + 1, updated_at = shop_now(), coupon_code = coalesce(k.coupon_code, o.coupon ->> 'code')
        FROM orders o JOIN marked ON marked.id = o.id WHERE k.id = $2)
INSERT INTO cart_items AS t (cart_id, variant_id, quantity, price_seen)
SELECT $2, i.variant_id, i.quantity, i.unit_price FROM order_items i JOIN marked m ON m.id = i.order_id
    ON CONFLICT (cart_id, variant_id) DO UPDATE SET quantity = greatest(t.quantity, EXCLUDED.quantity)
RETURNING variant_id
