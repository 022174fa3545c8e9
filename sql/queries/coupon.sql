-- name: q_coupon_check :opt (text code, bigint customer)
SELECT (starts_at IS NULL OR starts_at <= shop_now()) AND (ends_at IS NULL OR shop_now() < ends_at) AS in_window,
       (usage_limit IS NULL OR used < usage_limit)
       AND NOT EXISTS (SELECT 1 FROM coupon_uses u WHERE u.code = $1)
       AND (per_customer_limit IS NULL OR (SELECT count(*) FROM coupon_uses u WHERE u.coupon_id = k.id AND u.customer_id = $2)
            < per_customer_limit) AS has_room
  FROM coupons k WHERE k.id = coupon_of($1)

-- name: q_coupon_insert :one (text code, text kind, bigint value, bigint usage_limit, bigint per_customer_limit, bigint min_subtotal, bigint max_discount, bigint starts_at, bigint ends_at, bigint[] categories, bigint[] products, bool bulk)
INSERT INTO coupons (code, kind, value, usage_limit, per_customer_limit, min_subtotal, max_discount, starts_at, ends_at, categories, products, bulk)
VALUES ($1, $2, $3, $4, $5::int, coalesce($6, 0), $7, to_timestamp($8), to_timestamp($9), $10, $11, $12) RETURNING id

-- name: q_coupon_codes_put :exec (bigint coupon, text[] codes)
INSERT INTO coupon_codes (coupon_id, code) SELECT $1, c FROM unnest($2) c

-- name: q_coupon_codes :many (bigint coupon, bigint after, bigint max)
SELECT n.id, n.code, o.number AS order_number, rfc3339(o.placed_at) AS used_at
  FROM coupon_codes n LEFT JOIN coupon_uses u ON u.code = n.code LEFT JOIN orders o ON o.id = u.order_id
 WHERE n.coupon_id = $1 AND ($2 IS NULL OR n.id > $2) ORDER BY n.id LIMIT $3

-- name: q_coupon_list :one (bool archived, bigint before, bigint max)
SELECT coalesce(jsonb_agg(coupon_json(c) ORDER BY c.id DESC), '[]')::text AS items, CASE WHEN count(*) = $3 THEN min(c.id) END AS next
  FROM (SELECT * FROM coupons WHERE ($1 IS NULL OR (archived_at IS NOT NULL) = $1) AND ($2 IS NULL OR id < $2) ORDER BY id DESC LIMIT $3) c

-- name: q_coupon_by_code :opt (text code)
SELECT id, kind, bulk, extract(epoch FROM starts_at)::bigint AS starts_at, extract(epoch FROM ends_at)::bigint AS ends_at
  FROM coupons WHERE code = $1 AND archived_at IS NULL

-- name: q_coupon_limit :opt (bigint id, bigint usage_limit)
-- A limit counts from all uses that still stand; lowering it below them is refused.
UPDATE coupons k SET usage_limit = $2, used = n.uses
  FROM (SELECT count(*) AS uses FROM coupon_uses WHERE coupon_id = $1) n
 WHERE k.id = $1 AND ($2 IS NULL OR n.uses <= $2) RETURNING k.id

-- name: q_coupon_change :one (bigint id, bigint value, bool per_customer_given, bigint per_customer_limit, bigint min_subtotal, bool max_given, bigint max_discount, bool starts_given, bigint starts_at, bool ends_given, bigint ends_at, bool categories_given, bigint[] categories, bool products_given, bigint[] products)
-- What was not given stays. Orders keep what was agreed.
UPDATE coupons SET value = coalesce($2, value), min_subtotal = coalesce($5, min_subtotal),
       per_customer_limit = CASE WHEN $3 THEN $4::int ELSE per_customer_limit END,
       max_discount = CASE WHEN $6 THEN $7 ELSE max_discount END,
       starts_at = CASE WHEN $8 THEN to_timestamp($9) ELSE starts_at END,
       ends_at = CASE WHEN $10 THEN to_timestamp($11) ELSE ends_at END,
       categories = CASE WHEN $12 THEN $13 ELSE categories END,
       products = CASE WHEN $14 THEN $15 ELSE products END
 WHERE id = $1 RETURNING id

-- name: q_coupon_archive :opt (text code)
UPDATE coupons SET archived_at = shop_now() WHERE code = $1 AND archived_at IS NULL RETURNING id

-- name: q_coupon_view :opt (text code)
SELECT coupon_json(k)::text AS coupon FROM coupons k WHERE code = $1 AND archived_at IS NULL

-- name: q_coupon_categories :many (text[] slugs)
SELECT slug, id FROM categories WHERE slug = ANY ($1) AND archived_at IS NULL

-- name: q_coupon_products :many (text[] slugs)
-- By the address of its page or by the SKU of a variant.
SELECT w.word AS slug, coalesce((SELECT p.id FROM products p WHERE p.slug = w.word), (SELECT v.product_id FROM variants v WHERE v.sku = w.word)) AS id
  FROM unnest($1) w(word) WHERE EXISTS (SELECT 1 FROM products p WHERE p.slug = w.word) OR EXISTS (SELECT 1 FROM variants v WHERE v.sku = w.word)
