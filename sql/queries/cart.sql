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

-- name: q_cart_touch :one (bigint cart)
UPDATE carts SET version = version + 1, updated_at = shop_now() WHERE id = $1 RETURNING version

-- name: q_cart_lines :many (bigint cart, text province)
-- Everything that pricing needs to know about the lines; the tax rate is the newest one valid now,
-- of the province before that of everywhere.
SELECT i.variant_id, i.quantity, i.price_seen, v.price, v.compare_at_price, v.sku, v.options::text AS options,
       v.weight_g, p.id AS product_id, p.slug, p.title_fa, p.title_en, p.returnable,
       s.on_hand - s.reserved AS available,
       (p.active AND p.archived_at IS NULL AND v.archived_at IS NULL) AS sellable,
       (SELECT g.file FROM images g WHERE g.product_id = p.id ORDER BY g.position, g.id LIMIT 1) AS image,
       coalesce((SELECT r.rate_bp FROM tax_rates r
                  WHERE r.tax_class = p.tax_class AND (r.province IS NULL OR r.province = $2) AND r.valid_from <= shop_now()
                  ORDER BY r.province IS NULL, r.valid_from DESC LIMIT 1), 0) AS tax_rate_bp,
       coalesce((SELECT (k.products IS NULL OR p.id = ANY (k.products))
                    AND (k.categories IS NULL OR EXISTS (
                         WITH RECURSIVE up AS (
                             SELECT c0.id, c0.parent_id FROM categories c0 WHERE c0.id = p.category_id
                             UNION ALL SELECT c1.id, c1.parent_id FROM categories c1 JOIN up ON c1.id = up.parent_id)
                         SELECT 1 FROM up WHERE up.id = ANY (k.categories)))
                   FROM coupons k WHERE k.code = c.coupon_code AND k.archived_at IS NULL), false) AS coupon_applies
  FROM cart_items i
  JOIN carts c ON c.id = i.cart_id
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

-- name: q_cart_item_set :many (bigint cart, bigint variant, bigint quantity)
UPDATE cart_items SET quantity = $3 WHERE cart_id = $1 AND variant_id = $2 RETURNING variant_id

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

-- name: q_carts_purge :many ()
DELETE FROM carts WHERE customer_id IS NULL AND updated_at < shop_now() - interval '60 days' RETURNING id
