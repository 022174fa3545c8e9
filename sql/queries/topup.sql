-- Store credit that is bought, and its statement (shop/payment_start.c, routes/order.c).

-- name: q_topup_look :opt (bigint customer)
SELECT phone FROM customers WHERE id = $1

-- name: q_topup_intent :one (bigint customer, text gateway, bigint amount, text callback_token, text result_token, text return_url)
INSERT INTO payments (customer_id, method, gateway, amount, callback_token, result_token, return_url, sent_at, lease_until)
VALUES ($1, 'gateway', $2, $3, $4, $5, $6, shop_now(), shop_now() + interval '15 seconds')
RETURNING id, uuid::text AS uuid

-- name: q_wallet_statement :many (bigint customer)
-- The newest ten thousand, with the balance after each.
SELECT rfc3339(m.at) AS at, m.kind, m.balance_delta AS amount, m.held_delta AS held,
       sum(m.balance_delta) OVER (ORDER BY m.id)::bigint AS balance,
       (SELECT number FROM orders o WHERE o.id = m.order_id) AS number
  FROM wallet_movements m WHERE m.customer_id = $1 ORDER BY m.id DESC LIMIT 10000
