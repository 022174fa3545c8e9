-- Transfers to the shop's card (shop/card_to_card.c) and payments that begin with the order.

-- name: q_payment_offline :one (bigint order_id, bigint customer, text method, bigint amount)
INSERT INTO payments (order_id, customer_id, method, amount) VALUES ($1, $2, $3, $4) RETURNING id

-- name: q_payment_offline_close :many (bigint order_id)
-- The order was canceled, or is paid otherwise: nobody waits for a transfer or a courier any more.
UPDATE payments SET status = 'canceled', event = 'cancel', version = version + 1
 WHERE order_id = $1 AND method IN ('card_to_card', 'cod') AND status = 'created' RETURNING id

-- name: q_receipt_own :opt (text uuid, bigint customer)
SELECT id, order_id FROM payments WHERE uuid = $1::uuid AND customer_id = $2 AND method = 'card_to_card'

-- name: q_receipt_of :opt (text uuid)
SELECT p.id, p.order_id, p.reference, p.card FROM payments p WHERE p.uuid = $1::uuid AND p.method = 'card_to_card'

-- name: q_receipt_store :one (bigint payment, bytea image)
INSERT INTO receipts (payment_id, image) VALUES ($1, $2)
ON CONFLICT (payment_id) DO UPDATE SET image = EXCLUDED.image, uploaded_at = shop_now() RETURNING payment_id

-- name: q_receipt_review :one (bigint id, bigint version, text reference, text card)
UPDATE payments SET status = 'in_review', event = 'review', version = version + 1, reference = $3, card = $4, reason = NULL
 WHERE id = $1 AND version = $2 RETURNING id

-- name: q_receipt_image :opt (text uuid)
SELECT r.image FROM receipts r JOIN payments p ON p.id = r.payment_id WHERE p.uuid = $1::uuid

-- name: q_cod_delivered :many (bigint order_id)
SELECT n.item_id, sum(n.quantity)::bigint AS quantity FROM shipments s JOIN shipment_items n ON n.shipment_id = s.id
 WHERE s.order_id = $1 AND s.status = 'delivered' GROUP BY n.item_id

-- name: q_cod_captured :one (bigint id, bigint version, bigint amount)
-- What the courier has brought is what this payment was about.
UPDATE payments SET status = 'captured', event = 'capture', version = version + 1, amount = $3, captured = $3, settled_at = shop_now()
 WHERE id = $1 AND version = $2 RETURNING id

-- name: q_cod_wallet :many (bigint order_id, bigint amount)
-- The part of the hold that the delivered lines need is taken, the rest is free again.
WITH old AS (SELECT id, customer_id, amount FROM payments WHERE order_id = $1 AND method = 'wallet' AND status = 'created'),
p AS (UPDATE payments y SET status = 'captured', event = 'capture', version = y.version + 1, amount = $2, captured = $2,
             settled_at = shop_now() FROM old WHERE y.id = old.id)
INSERT INTO wallet_movements (customer_id, kind, balance_delta, held_delta, order_id, payment_id)
SELECT customer_id, 'capture', -$2, -$2, $1, id FROM old
UNION ALL
SELECT customer_id, 'release', 0, $2 - amount, $1, id FROM old WHERE amount > $2
RETURNING payment_id
