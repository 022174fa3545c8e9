-- name: q_refund_insert :one (bigint payment, bigint order_id, bigint customer, bigint amount, text target, text iban, text reference, text reason, text status, text event, bigint batch, bool automatic, bool owed, bigint net, bigint tax, bigint shipping, bigint allowance, bigint return_id)
INSERT INTO refunds (payment_id, order_id, customer_id, amount, target, iban, reference, reason, status, event, batch_id, automatic,
                     owed, lines_net, lines_tax, shipping, allowance, return_id, done_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, CASE WHEN $9 = 'done' THEN shop_now() END) RETURNING id

-- name: q_refund_insert_rial :one (bigint payment, bigint order_id, bigint customer, bigint amount, text target, text reason, text status, text event)
INSERT INTO refunds (payment_id, order_id, customer_id, amount, currency, target, reason, status, event, automatic)
VALUES ($1, $2, $3, $4, 'IRR', $5, $6, $7, $8, true) RETURNING id

-- name: q_refund_commit :one (bigint payment, bigint amount)
UPDATE payments SET refund_committed = refund_committed + $2 WHERE id = $1 RETURNING id

-- name: q_refund_line :exec (bigint refund, bigint item, bigint quantity, bigint amount)
INSERT INTO refund_lines (refund_id, item_id, quantity, amount) VALUES ($1, $2, $3::int, $4)

-- name: q_refund_item :one (bigint item, bigint quantity, bigint amount)
UPDATE order_items SET refunded_quantity = refunded_quantity + $2::int, refunded_amount = refunded_amount + $3
 WHERE id = $1 RETURNING id

-- name: q_refund_to_wallet :many (bigint customer, bigint amount, bigint order_id, bigint payment, bigint refund)
INSERT INTO wallet_movements (customer_id, kind, balance_delta, order_id, payment_id, refund_id)
VALUES ($1, 'refund', $2, $3, $4, $5) RETURNING id

-- name: q_refund_shipping_left :one (bigint order_id)
-- Shipping that earlier refunds have not given back yet.
SELECT order_shipping_left(o) AS shipping,
  coalesce((SELECT sum(e.amount) FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
    WHERE t.order_id = o.id AND t.event = 'refund' AND e.account = 'allowances'), 0)::bigint AS allowances
  FROM orders o WHERE o.id = $1

-- name: q_refund_route :opt (text uuid)
SELECT id, order_id, customer_id, payment_id FROM refunds WHERE uuid = $1::uuid

-- name: q_refund_lock :one (bigint id)
SELECT r.version, r.payment_id AS payment, r.amount, r.status, r.event AS last_event, r.currency, p.gateway, p.gateway_ref AS ref,
       r.gateway_refund_id AS bank_id, p.card, r.settled_at IS NOT NULL AS settled, r.ask_at IS NOT NULL AS asked,
       coalesce(r.sent_at > shop_now() - interval '1 minute', false) AS fresh,
       (SELECT ' ' || string_agg(coalesce(o.gateway_refund_id, o.reference), ' ') || ' ' FROM refunds o
         WHERE o.payment_id = r.payment_id AND o.id <> r.id) AS others,
       EXISTS (SELECT 1 FROM refunds o WHERE o.payment_id = r.payment_id AND o.id <> r.id AND o.status IN ('sent', 'unknown')) AS busy
  FROM refunds r JOIN payments p ON p.id = r.payment_id WHERE r.id = $1 FOR NO KEY UPDATE OF r

-- name: q_refund_move :one (bigint id, bigint version, text event, text to_state, text reference)
-- What the bank accepted is asked about from then on; what it sent back is not what its reference told.
UPDATE refunds SET status = $4, event = $3, version = version + 1,
       reference = CASE WHEN $3 <> 'bounce' THEN coalesce($5, reference) END,
       gateway_refund_id = CASE WHEN $3 = 'complete' THEN $5 ELSE gateway_refund_id END,
       ask_at = CASE WHEN $3 = 'complete' THEN shop_now() + interval '1 hour' END,
       bounced_at = CASE WHEN $3 = 'bounce' THEN shop_now() ELSE bounced_at END,
       sent_at = CASE WHEN $4 = 'sent' THEN shop_now() ELSE sent_at END,
       done_at = CASE WHEN $4 = 'done' THEN shop_now() END
 WHERE id = $1 AND version = $2 RETURNING id

-- name: q_refunds_to_ask :many ()
SELECT id, customer_id, order_id FROM refunds WHERE ask_at <= shop_now() ORDER BY ask_at LIMIT 50

-- name: q_refund_asked :many (bigint id)
-- No word yet: asked again in an hour, after a day every day, after two weeks by a person.
UPDATE refunds SET ask_at = CASE WHEN shop_now() < done_at + interval '1 day' THEN shop_now() + interval '1 hour'
                                 WHEN shop_now() < done_at + interval '14 days' THEN shop_now() + interval '1 day' END
 WHERE id = $1 AND ask_at IS NOT NULL RETURNING id

-- name: q_refund_settled :one (bigint id)
UPDATE refunds SET settled_at = shop_now(), ask_at = NULL WHERE id = $1 RETURNING id

-- name: q_refund_iban :many (bigint id, text iban)
-- The buyer says where to; once, so that it is not changed behind whoever reads it.
UPDATE refunds SET iban = $2 WHERE id = $1 AND status = 'awaiting_transfer' AND iban IS NULL RETURNING id

-- name: q_refund_waiting :many (bigint order_id)
SELECT id, version, payment_id, amount, target, reference, reason, owed, asked_by, return_id, lines_net, lines_tax, shipping, allowance
  FROM refunds WHERE order_id = $1 AND status = 'awaiting_approval' ORDER BY id FOR NO KEY UPDATE

-- name: q_refund_waiting_lines :many (bigint order_id)
SELECT l.item_id, l.quantity, l.amount FROM refunds r JOIN refund_lines l ON l.refund_id = r.id
 WHERE r.order_id = $1 AND r.status = 'awaiting_approval' ORDER BY l.item_id

-- name: q_refund_alone :one (bigint order_id)
-- What members of staff gave back of the order without a second person.
SELECT coalesce(sum(amount), 0)::bigint AS amount FROM refunds
 WHERE order_id = $1 AND currency = 'IRT' AND asked_kind = 'staff' AND NOT automatic AND decided_by IS NULL AND status <> 'refused'

-- name: q_refund_decide :one (bigint id, bigint version, text event, text to_state, text refusal)
UPDATE refunds SET status = $4, event = $3, version = version + 1, refusal = $5, decided_at = shop_now(),
       decided_by = CASE WHEN actor_kind() = 'staff' AND $3 <> 'withdraw' THEN actor_id() END,
       decided_name = CASE WHEN $3 <> 'withdraw' THEN actor_name() END, done_at = CASE WHEN $4 = 'done' THEN shop_now() END
 WHERE id = $1 AND version = $2 RETURNING id

-- name: q_admin_refund_list :one (text status, bigint before, bigint max)
WITH page AS (
    SELECT r.* FROM refunds r
     WHERE ($2 IS NULL OR r.id < $2)
       AND CASE coalesce($1, '') WHEN '' THEN true WHEN 'open' THEN refund_open(r) ELSE r.status = $1 END
     ORDER BY r.id DESC LIMIT $3)
SELECT coalesce(jsonb_agg(admin_refund_json(p) ORDER BY p.id DESC), '[]')::text AS items,
       CASE WHEN count(*) = $3 THEN min(p.id) END AS next FROM page p

-- name: q_refund_route_id :opt (bigint id)
SELECT id, order_id, customer_id FROM refunds WHERE id = $1
