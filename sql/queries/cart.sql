-- Carts and what is in them (shop/cart.c, shop/checkout.c).

-- name: q_cart_by_token :opt (text token_hash)
SELECT id, version FROM carts WHERE token_hash = $1

-- name: q_cart_by_customer :opt (bigint customer)
SELECT id, version FROM carts WHERE customer_id = $1

-- name: q_cart_new_guest :one (text token_hash)
INSERT INTO carts (token_hash) VALUES ($1) RETURNING id, version

-- name: q_cart_new_customer :one (bigint customer)
INSERT INTO carts (customer_id) VALUES ($1)
ON CONFLICT ON CONSTRAINT carts_customer_key DO UPDATE SET updated_at = shop_now() RETURNING id, version

-- name: q_cart_row :opt (bigint cart)
SELECT c.id, c.version, c.customer_id, c.coupon_code, c.form::text AS form,
       (SELECT coalesce(sum(quantity), 0) FROM cart_items i WHERE i.cart_id = c.id) AS item_count
  FROM carts c WHERE c.id = $1

-- name: q_cart_notices :opt (bigint cart, text lang)
SELECT cart_notices_json(c, $2)::text AS notices FROM carts c WHERE c.id = $1

-- name: q_cart_touch :one (bigint cart)
UPDATE carts SET version = version + 1, updated_at = shop_now() WHERE id = $1 RETURNING version

-- name: q_cart_lines :many (bigint cart, text province)
-- Everything that pricing needs to know about the lines; the tax rate is the one that counts now, of
-- the province before that of everywhere.
SELECT i.variant_id, i.quantity, i.price_seen, v.price, v.compare_at_price, v.sku, v.goods_id, v.options::text AS options,
       v.weight_g, coalesce(v.length_cm::bigint * v.width_cm * v.height_cm, 0) AS volume_cm3, p.id AS product_id, p.slug, p.title_fa, p.title_en, p.returnable,
       s.on_hand - s.reserved AS available,
       (p.active AND p.archived_at IS NULL AND v.archived_at IS NULL) AS sellable,
       (SELECT g.file FROM images g WHERE g.product_id = p.id ORDER BY g.position, g.id LIMIT 1) AS image,
       coalesce((SELECT r.rate_bp FROM tax_rates r
                  WHERE r.tax_class = p.tax_class AND (r.province IS NULL OR r.province = $2) AND r.valid_from <= shop_now()
                    AND (r.valid_until IS NULL OR r.valid_until > shop_now())
                  ORDER BY r.province IS NULL LIMIT 1), 0) AS tax_rate_bp,
       (k.id IS NOT NULL AND (k.products IS NULL OR p.id = ANY (k.products))
        AND (k.categories IS NULL OR EXISTS (
             WITH RECURSIVE up AS (
                 SELECT c0.id, c0.parent_id FROM categories c0 WHERE c0.id = p.category_id
                 UNION ALL SELECT c1.id, c1.parent_id FROM categories c1 JOIN up ON c1.id = up.parent_id)
             SELECT 1 FROM up WHERE up.id = ANY (k.categories)))) AS coupon_applies
  FROM cart_items i
  JOIN carts c ON c.id = i.cart_id
  LEFT JOIN coupons k ON k.id = coupon_of(c.coupon_code)
  JOIN variants v ON v.id = i.variant_id
  JOIN products p ON p.id = v.product_id
  JOIN stock s ON s.variant_id = v.id
 WHERE i.cart_id = $1
 ORDER BY i.added_at, i.variant_id

-- name: q_cart_variant :opt (bigint variant)
SELECT v.id, v.price, s.on_hand - s.reserved AS available, p.slug
  FROM variants v JOIN products p ON p.id = v.product_id JOIN stock s ON s.variant_id = v.id
 WHERE v.id = $1 AND v.archived_at IS NULL AND p.active AND p.archived_at IS NULL

-- name: q_cart_item :opt (bigint cart, bigint variant)
SELECT quantity FROM cart_items WHERE cart_id = $1 AND variant_id = $2

-- name: q_cart_item_put :exec (bigint cart, bigint variant, bigint quantity, bigint price)
INSERT INTO cart_items (cart_id, variant_id, quantity, price_seen) VALUES ($1, $2, $3, $4)
ON CONFLICT (cart_id, variant_id) DO UPDATE SET quantity = EXCLUDED.quantity, price_seen = EXCLUDED.price_seen

-- name: q_cart_item_set :many (bigint cart, bigint variant, bigint quantity, bigint price)
-- Whoever changes a line has seen its price.
UPDATE cart_items SET quantity = $3, price_seen = $4 WHERE cart_id = $1 AND variant_id = $2 RETURNING variant_id

-- name: q_cart_item_drop :many (bigint cart, bigint variant)
DELETE FROM cart_items WHERE cart_id = $1 AND variant_id = $2 RETURNING variant_id

-- name: q_cart_count :one (bigint cart)
SELECT count(*) AS lines FROM cart_items WHERE cart_id = $1

-- name: q_cart_items :many (bigint cart)
SELECT variant_id, quantity, price_seen FROM cart_items WHERE cart_id = $1 ORDER BY variant_id

-- name: q_cart_drop :exec (bigint cart)
DELETE FROM carts WHERE id = $1

-- name: q_cart_coupon :exec (bigint cart, text code)
UPDATE carts SET coupon_code = $2 WHERE id = $1

-- name: q_cart_form :exec (bigint cart, text form)
UPDATE carts SET form = $2::jsonb, updated_at = shop_now() WHERE id = $1

-- name: q_cart_seen :exec (bigint cart)
-- The buyer has seen what changed: today's prices are the known ones.
WITH c AS (UPDATE carts SET notices = NULL WHERE id = $1)
UPDATE cart_items i SET price_seen = v.price FROM variants v WHERE v.id = i.variant_id AND i.cart_id = $1 AND i.price_seen <> v.price

-- name: q_cart_notices_put :exec (bigint cart, text notices)
UPDATE carts SET notices = coalesce(notices, '[]') || $2::jsonb WHERE id = $1

-- name: q_cart_extras :opt (bigint cart, text lang)
-- What stands beside the lines: kept for later, and what a merge had to change.
SELECT (SELECT coalesce(jsonb_agg(jsonb_build_object('variant_id', s.variant_id, 'product_slug', p.slug, 'sku', v.sku,
                'title', pick_lang(p.title_fa, p.title_en, $2), 'options', options_json(v.options, $2),
                'image', media_url((SELECT g.file FROM images g WHERE g.product_id = p.id ORDER BY g.position, g.id LIMIT 1)),
                'quantity', s.quantity, 'unit_price', v.price, 'available', greatest(k.on_hand - k.reserved, 0),
                'notice', CASE WHEN NOT (p.active AND p.archived_at IS NULL AND v.archived_at IS NULL) THEN jsonb_build_object('code', 'not_available', 'old', NULL, 'new', NULL)
                               WHEN k.on_hand <= k.reserved THEN jsonb_build_object('code', 'out_of_stock', 'old', s.quantity, 'new', 0)
                               WHEN v.price <> s.price_seen THEN jsonb_build_object('code', 'price_changed', 'old', s.price_seen, 'new', v.price) END)
                ORDER BY s.saved_at, s.variant_id), '[]')
          FROM cart_saved s JOIN variants v ON v.id = s.variant_id JOIN products p ON p.id = v.product_id JOIN stock k ON k.variant_id = v.id
         WHERE s.cart_id = c.id)::text AS saved,
       cart_notices_json(c, $2)::text AS notices
  FROM carts c WHERE c.id = $1

-- name: q_cart_save :many (bigint cart, bigint variant)
WITH gone AS (DELETE FROM cart_items WHERE cart_id = $1 AND variant_id = $2 RETURNING *)
INSERT INTO cart_saved AS s (cart_id, variant_id, quantity, price_seen)
SELECT cart_id, variant_id, quantity, price_seen FROM gone
    ON CONFLICT (cart_id, variant_id) DO UPDATE SET quantity = least(s.quantity + EXCLUDED.quantity, 1000), price_seen = EXCLUDED.price_seen
RETURNING variant_id

-- name: q_cart_saved_count :one (bigint cart)
SELECT count(*) AS lines FROM cart_saved WHERE cart_id = $1

-- name: q_cart_saved_item :opt (bigint cart, bigint variant)
SELECT quantity FROM cart_saved WHERE cart_id = $1 AND variant_id = $2

-- name: q_cart_saved_drop :many (bigint cart, bigint variant)
DELETE FROM cart_saved WHERE cart_id = $1 AND variant_id = $2 RETURNING variant_id

-- name: q_cart_saved_merge :exec (bigint from_cart, bigint to_cart)
INSERT INTO cart_saved AS s (cart_id, variant_id, quantity, price_seen, saved_at)
SELECT $2, variant_id, quantity, price_seen, saved_at FROM cart_saved WHERE cart_id = $1
    ON CONFLICT (cart_id, variant_id) DO UPDATE SET quantity = greatest(s.quantity, EXCLUDED.quantity)

-- name: q_carts_purge_guests :exec (bigint days)
DELETE FROM carts WHERE customer_id IS NULL AND updated_at < shop_now() - make_interval(days => $1::int)

-- name: q_carts_purge_customers :exec (bigint days)
-- A customer's cart is emptied and its row stays: orders were placed from it, and what is kept for later is kept.
WITH stale AS (
    UPDATE carts c SET version = version + 1, coupon_code = NULL, form = NULL, notices = NULL
     WHERE customer_id IS NOT NULL AND updated_at < shop_now() - make_interval(days => $1::int)
       AND EXISTS (SELECT 1 FROM cart_items i WHERE i.cart_id = c.id) RETURNING id)
DELETE FROM cart_items i USING stale WHERE i.cart_id = stale.id
