-- name: q_payment_start_look :opt (text number, bigint customer)
SELECT o.id, o.number, o.status, o.due, o.payment_method, o.expires_at <= shop_now() AS overdue, c.phone
  FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.number = $1 AND o.customer_id = $2

-- name: q_payment_open :opt (bigint order_id, text gateway)
-- The newest attempt that might still be used.
SELECT id, uuid::text AS uuid, status, version, amount, gateway_ref, sent_at IS NOT NULL AS sent,
       lease_until > shop_now() AS leased, created_at > shop_now() - interval '15 minutes' AS young
  FROM payments WHERE order_id = $1 AND gateway = $2 AND status IN ('created', 'redirected')
 ORDER BY id DESC LIMIT 1

-- name: q_payment_intent :one (bigint order_id, bigint customer, text gateway, bigint amount, text callback_token, text result_token, text return_url)
INSERT INTO payments (order_id, customer_id, method, gateway, amount, callback_token, result_token, return_url, sent_at, lease_until)
VALUES ($1, $2, 'gateway', $3, $4, $5, $6, $7, shop_now(), shop_now() + interval '15 seconds')
RETURNING id, uuid::text AS uuid

-- name: q_payment_move :one (bigint id, bigint version, text event, text to_state, text reason)
UPDATE payments SET status = $4, event = $3, version = version + 1, reason = coalesce($5, reason), lease_until = NULL
 WHERE id = $1 AND version = $2 RETURNING id

-- name: q_payment_redirected :one (bigint id, bigint version, text gateway_ref)
UPDATE payments SET status = 'redirected', event = 'redirect', version = version + 1, gateway_ref = $3, lease_until = NULL
 WHERE id = $1 AND version = $2 RETURNING id

-- name: q_payment_route :opt (bigint id)
-- What never changes, and the state for a first look.
SELECT id, uuid::text AS uuid, order_id, customer_id, method, gateway, gateway_ref, amount, status,
       (SELECT number FROM orders o WHERE o.id = p.order_id) AS number
  FROM payments p WHERE id = $1

-- name: q_payment_lock :one (bigint id)
SELECT id, status, version, amount, coalesce((SELECT o.status <> 'pending' FROM orders o WHERE o.id = payments.order_id), false) AS order_over
  FROM payments WHERE id = $1 FOR NO KEY UPDATE

-- name: q_payment_captured :one (bigint id, bigint version, text reference, text card, bigint rial)
UPDATE payments SET status = 'captured', event = 'capture', version = version + 1, captured = amount, received_rial = $5,
       reason = NULL, reference = $3, card = $4, settled_at = shop_now(), checked_at = shop_now()
 WHERE id = $1 AND version = $2 RETURNING id

-- name: q_payment_suspense :one (bigint id, bigint version, text reference, text card, bigint rial, text reason)
UPDATE payments SET status = 'suspense', event = 'suspend', version = version + 1, received_rial = $5, reason = $6,
       reference = $3, card = $4, settled_at = shop_now(), checked_at = shop_now()
 WHERE id = $1 AND version = $2 RETURNING id

-- name: q_payment_checked :exec (bigint id)
UPDATE payments SET checked_at = shop_now(), check_count = check_count + 1 WHERE id = $1

-- name: q_payment_by_callback :opt (text token)
SELECT id, result_token FROM payments WHERE callback_token = $1

-- name: q_payment_by_ref :opt (text gateway, text ref)
SELECT id, customer_id, order_id FROM payments WHERE gateway = $1 AND gateway_ref = $2

-- name: q_payments_to_ask :many ()
-- Open attempts whose turn it is: the pause between questions doubles from one minute to an hour.
SELECT id FROM payments
 WHERE method = 'gateway' AND gateway_ref IS NOT NULL
   AND (status IN ('redirected', 'unknown')
        OR (status IN ('failed', 'canceled') AND created_at > shop_now() - interval '1 day'))
   AND created_at < shop_now() - interval '1 minute' AND created_at > shop_now() - interval '3 days'
   AND (checked_at IS NULL OR checked_at < shop_now() - least(interval '1 hour', interval '1 minute' * power(2, least(check_count, 6))))
 ORDER BY checked_at NULLS FIRST LIMIT 50

-- name: q_payment_abandoned :many ()
-- Attempts that were asked for but never answered: nobody was sent to the bank.
SELECT id, customer_id, order_id FROM payments WHERE status = 'created' AND method = 'gateway' AND gateway_ref IS NULL
   AND lease_until < shop_now() - interval '1 minute' LIMIT 50

-- name: q_topup_credit :many (bigint customer, bigint amount, bigint payment)
INSERT INTO wallet_movements (customer_id, kind, balance_delta, payment_id) VALUES ($1, 'topup', $2, $3) RETURNING id

-- name: q_webhook_store :opt (text gateway, text hash, text gateway_ref, bigint payment, text body)
INSERT INTO webhook_events (gateway, hash, gateway_ref, payment_id, body) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (hash) DO NOTHING RETURNING id

-- name: q_webhook_refuse :exec (text reason, text client, text head)
INSERT INTO webhook_refusals (place, reason, client, head) VALUES (nextval('webhook_refusal_seq')::int, $1, $2, $3)
ON CONFLICT (place) DO UPDATE SET reason = EXCLUDED.reason, client = EXCLUDED.client, head = EXCLUDED.head, received_at = shop_now()

-- name: q_webhook_purge :exec ()
DELETE FROM webhook_events WHERE received_at < shop_now() - interval '90 days'
