-- name: q_coupon_check :opt (text code, bigint customer)
SELECT (starts_at IS NULL OR starts_at <= shop_now()) AND (ends_at IS NULL OR shop_now() < ends_at) AS in_window,
       (usage_limit IS NULL OR used < usage_limit)
       AND (per_customer_limit IS NULL OR (SELECT count(*) FROM coupon_uses u WHERE u.coupon_id = k.id AND u.customer_id = $2)
            < per_customer_limit) AS has_room
  FROM coupons k WHERE code = $1 AND archived_at IS NULL

-- name: q_coupon_insert :one (text code, text kind, bigint value, bigint usage_limit, bigint per_customer_limit, bigint min_subtotal, bigint max_discount, bigint starts_at, bigint ends_at, bigint[] categories, bigint[] products)
INSERT INTO coupons (code, kind, value, usage_limit, per_customer_limit, min_subtotal, max_discount, starts_at, ends_at, categories, products)
VALUES ($1, $2, $3, $4, $5::int, coalesce($6, 0), $7, to_timestamp($8), to_timestamp($9), $10, $11) RETURNING id

-- name: q_coupon_list :one (bigint before, bigint max)
SELECT coalesce(jsonb_agg(c.j ORDER BY c.id DESC), '[]')::text AS items FROM (
    SELECT id, jsonb_build_object('id', id, 'code', code, 'kind', kind, 'value', value, 'currency', 'IRT', 'usage_limit', usage_limit,
           'per_customer_limit', per_customer_limit, 'min_subtotal', min_subtotal, 'max_discount', max_discount,
           'starts_at', rfc3339(starts_at), 'ends_at', rfc3339(ends_at),
           'used', (SELECT count(*) FROM coupon_uses u WHERE u.coupon_id = coupons.id),
           'archived_at', rfc3339(archived_at)) AS j
      FROM coupons WHERE $1 IS NULL OR id < $1 ORDER BY id DESC LIMIT $2) c

-- name: q_coupon_by_code :opt (text code)
SELECT id FROM coupons WHERE code = $1 AND archived_at IS NULL

-- name: q_coupon_limit :opt (bigint id, bigint usage_limit)
-- A limit counts from all uses that still stand; lowering it below them is refused.
UPDATE coupons k SET usage_limit = $2, used = n.uses
  FROM (SELECT count(*) AS uses FROM coupon_uses WHERE coupon_id = $1) n
 WHERE k.id = $1 AND ($2 IS NULL OR n.uses <= $2) RETURNING k.id

-- name: q_coupon_archive :opt (text code)
UPDATE coupons SET archived_at = shop_now() WHERE code = $1 AND archived_at IS NULL RETURNING id

-- name: q_coupon_view :opt (text code)
SELECT jsonb_build_object('id', id, 'code', code, 'kind', kind, 'value', value, 'currency', 'IRT', 'usage_limit', usage_limit,
       'per_customer_limit', per_customer_limit, 'min_subtotal', min_subtotal, 'max_discount', max_discount,
       'starts_at', rfc3339(starts_at), 'ends_at', rfc3339(ends_at),
       'used', (SELECT count(*) FROM coupon_uses u WHERE u.coupon_id = k.id))::text AS coupon
  FROM coupons k WHERE code = $1 AND archived_at IS NULL
