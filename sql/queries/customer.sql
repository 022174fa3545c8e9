-- Customers.

-- name: q_customer_add :opt (text phone, text lang)
INSERT INTO customers (phone, lang) VALUES ($1, $2) ON CONFLICT (phone) DO NOTHING RETURNING id

-- name: q_customer_by_phone :one (text phone)
SELECT id FROM customers WHERE phone = $1

-- name: q_customer_logged_in :exec (bigint id)
UPDATE customers SET last_login_at = shop_now() WHERE id = $1

-- name: q_customer_get :opt (bigint id)
SELECT phone, name, email, email_verified_at IS NOT NULL AS email_verified, national_code, avatar, lang,
       rfc3339(created_at) AS created_at
  FROM customers WHERE id = $1 AND erased_at IS NULL

-- name: q_customer_change :exec (bigint id, bool name_given, text name, bool email_given, text email, bool code_given, text code, bool lang_given, text lang)
UPDATE customers
   SET name = CASE WHEN $2 THEN $3 ELSE name END,
       email_verified_at = CASE WHEN $4 AND email IS DISTINCT FROM $5 THEN NULL ELSE email_verified_at END,
       email = CASE WHEN $4 THEN $5 ELSE email END,
       national_code = CASE WHEN $6 THEN $7 ELSE national_code END,
       lang = CASE WHEN $8 THEN $9 ELSE lang END
 WHERE id = $1 AND erased_at IS NULL

-- name: q_customer_avatar :exec (bigint id, text file)
UPDATE customers SET avatar = $2 WHERE id = $1 AND erased_at IS NULL

-- name: q_customer_phone :exec (bigint id, text phone)
UPDATE customers SET phone = $2 WHERE id = $1 AND erased_at IS NULL

-- name: q_customer_erase :exec (bigint id)
UPDATE customers
   SET phone = 'erased:' || id, name = NULL, email = NULL, email_verified_at = NULL, national_code = NULL,
       avatar = NULL, erased_at = shop_now()
 WHERE id = $1 AND erased_at IS NULL

-- name: q_customer_erase_addresses :exec (bigint id)
UPDATE addresses
   SET recipient = '-', phone = '-', city = '-', line = '-', plaque = NULL, unit = NULL, postal_code = NULL,
       note = NULL, lat = NULL, lng = NULL, archived_at = coalesce(archived_at, shop_now())
 WHERE customer_id = $1

-- What else names them: cart, messages, codes, devices, what they wait for. Before the customer's row.
-- name: q_customer_erase_traces :exec (bigint id)
WITH gone AS (SELECT id, phone FROM customers WHERE id = $1 AND erased_at IS NULL),
     a AS (DELETE FROM carts c USING gone g WHERE c.customer_id = g.id),
     b AS (DELETE FROM stock_requests r USING gone g WHERE r.customer_id = g.id),
     c AS (DELETE FROM otp_codes k USING gone g WHERE k.phone = g.phone),
     d AS (UPDATE sms_log l SET phone = 'erased:' || g.id FROM gone g WHERE l.phone = g.phone)
UPDATE sessions s SET client = '', agent = '' FROM gone g WHERE s.customer_id = g.id

-- All that the shop keeps of somebody and they may take along, besides profile, addresses and sessions.
-- name: q_customer_export :one (bigint id, text lang)
SELECT (SELECT coalesce(jsonb_agg(order_json(o.id, $2, false) ORDER BY o.id), '[]')
          FROM orders o WHERE o.customer_id = $1)::text AS orders,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', m.kind, 'amount', m.balance_delta, 'held', m.held_delta,
                   'order', o.number, 'at', rfc3339(m.at)) ORDER BY m.id), '[]')
          FROM wallet_movements m LEFT JOIN orders o ON o.id = m.order_id WHERE m.customer_id = $1)::text AS wallet,
       (SELECT coalesce(jsonb_agg(own_review_json(r) || jsonb_build_object('product', p.slug) ORDER BY r.id), '[]')
          FROM reviews r JOIN products p ON p.id = r.product_id WHERE r.customer_id = $1)::text AS reviews,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('sku', v.sku, 'at', rfc3339(q.created_at)) ORDER BY q.id), '[]')
          FROM stock_requests q JOIN variants v ON v.id = q.variant_id
         WHERE q.customer_id = $1 AND q.told_at IS NULL)::text AS waiting_for,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('sku', v.sku, 'quantity', i.quantity) ORDER BY i.variant_id), '[]')
          FROM carts c JOIN cart_items i ON i.cart_id = c.id JOIN variants v ON v.id = i.variant_id
         WHERE c.customer_id = $1)::text AS cart,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('at', rfc3339(l.at), 'kind', l.kind, 'outcome', l.outcome) ORDER BY l.id), '[]')
          FROM sms_log l JOIN customers c ON c.phone = l.phone WHERE c.id = $1)::text AS messages

-- name: q_customer_search :many (text phone, text name, bigint below, bigint most)
SELECT id, phone, name, rfc3339(created_at) AS created_at, rfc3339(last_login_at) AS last_login_at,
       erased_at IS NOT NULL AS erased
  FROM customers
 WHERE ($1 IS NULL OR phone = $1) AND ($2 IS NULL OR strpos(name, $2) > 0) AND ($3 = 0 OR id < $3)
 ORDER BY id DESC LIMIT $4
