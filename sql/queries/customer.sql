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

-- name: q_customer_search :many (text phone, text name, bigint below, bigint most)
SELECT id, phone, name, rfc3339(created_at) AS created_at, rfc3339(last_login_at) AS last_login_at,
       erased_at IS NOT NULL AS erased
  FROM customers
 WHERE ($1 IS NULL OR phone = $1) AND ($2 IS NULL OR strpos(name, $2) > 0) AND ($3 = 0 OR id < $3)
 ORDER BY id DESC LIMIT $4
