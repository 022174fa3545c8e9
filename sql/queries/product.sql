-- What staff do to products (shop/product_admin.c).

-- name: q_admin_product_list :one (text lang, text[] words, bigint before, bigint max)
WITH page AS (
    SELECT p.id, p AS product, row_number() OVER (ORDER BY p.id DESC) AS n FROM products p
     WHERE ($3 IS NULL OR p.id < $3) AND ($2 IS NULL OR p.search_key LIKE ALL ($2))
     ORDER BY p.id DESC LIMIT $4 + 1)
SELECT (SELECT coalesce(jsonb_agg(admin_product_card(g.product, $1) ORDER BY g.n) FILTER (WHERE g.n <= $4), '[]') FROM page g)::text AS items,
       (SELECT g.id FROM page g WHERE g.n = $4 AND EXISTS (SELECT 1 FROM page WHERE n > $4)) AS next_id

-- name: q_admin_product :opt (text slug, text lang)
SELECT p.id, p.slug, admin_product_json(p.id, $2)::text AS body FROM products p
 WHERE p.id = coalesce((SELECT n.id FROM products n WHERE n.slug = $1),
                       (SELECT h.product_id FROM product_slugs h WHERE h.slug = $1))

-- name: q_admin_product_id :one (bigint id, text lang)
SELECT admin_product_json($1, $2)::text AS body

-- name: q_product_lock :opt (text slug)
SELECT id, slug, (SELECT coalesce(max(v.position) + 1, 0) FROM variants v WHERE v.product_id = p.id) AS next_position
  FROM products p WHERE slug = $1 FOR NO KEY UPDATE

-- name: q_product_variant_ids :many (text slug)
SELECT v.id, v.sku FROM products p JOIN variants v ON v.product_id = p.id WHERE p.slug = $1 AND v.archived_at IS NULL

-- name: q_product_category :opt (text slug)
SELECT id FROM categories WHERE slug = $1 AND archived_at IS NULL

-- name: q_product_tax_class :opt (text tax_class)
SELECT id FROM tax_classes WHERE id = $1

-- name: q_product_free_slug :one (text base)
-- The first of base, base-2, base-3 … that no product has or had.
SELECT s.slug FROM generate_series(1, 10000) n
 CROSS JOIN LATERAL (SELECT $1 || CASE WHEN n > 1 THEN '-' || n ELSE '' END AS slug) s
 WHERE s.slug <> 'new' AND NOT EXISTS (SELECT 1 FROM products p WHERE p.slug = s.slug)
   AND NOT EXISTS (SELECT 1 FROM product_slugs h WHERE h.slug = s.slug)
 ORDER BY n LIMIT 1

-- name: q_product_insert :one (text slug, text title_fa, text title_en, text description_fa, text description_en, bigint category, text tax_class, bool returnable, bool active, text attributes)
INSERT INTO products (slug, title_fa, title_en, description_fa, description_en, category_id, tax_class, returnable, active, attributes)
VALUES ($1, $2, coalesce($3, ''), coalesce($4, ''), coalesce($5, ''), $6, coalesce($7, 'standard'), coalesce($8, true),
        coalesce($9, true), coalesce($10::jsonb, '[]')) RETURNING id

-- name: q_product_update :one (bigint id, text slug, text title_fa, text title_en, text description_fa, text description_en, bigint category, text tax_class, bool returnable, bool active, text attributes, bool archived)
-- NULL leaves a column as it is.
UPDATE products SET slug = coalesce($2, slug), title_fa = coalesce($3, title_fa), title_en = coalesce($4, title_en),
       description_fa = coalesce($5, description_fa), description_en = coalesce($6, description_en),
       category_id = coalesce($7, category_id), tax_class = coalesce($8, tax_class), returnable = coalesce($9, returnable),
       active = coalesce($10, active), attributes = coalesce($11::jsonb, attributes),
       archived_at = CASE WHEN $12 IS NULL THEN archived_at WHEN $12 THEN coalesce(archived_at, shop_now()) END,
       updated_at = shop_now()
 WHERE id = $1 RETURNING slug

-- name: q_product_old_slug :exec (bigint id, text slug)
INSERT INTO product_slugs (slug, product_id) VALUES ($2, $1) ON CONFLICT (slug) DO UPDATE SET product_id = EXCLUDED.product_id

-- name: q_variant_insert :one (bigint product, text sku, text options, bigint price, bigint compare_at_price, bigint weight_g, bigint position)
INSERT INTO variants (product_id, sku, options, price, compare_at_price, weight_g, position)
VALUES ($1, $2, coalesce($3::jsonb, '[]'), $4, $5, coalesce($6, 0)::int, $7::int) RETURNING id

-- name: q_variant_update :many (bigint product, bigint id, text sku, text options, bigint price, bool set_compare, bigint compare_at_price, bigint weight_g, bool archived)
UPDATE variants SET sku = coalesce($3, sku), options = coalesce($4::jsonb, options), price = coalesce($5, price),
       compare_at_price = CASE WHEN $6 THEN $7 ELSE compare_at_price END, weight_g = coalesce($8, weight_g)::int,
       archived_at = CASE WHEN $9 IS NULL THEN archived_at WHEN $9 THEN coalesce(archived_at, shop_now()) END
 WHERE product_id = $1 AND id = $2 RETURNING id

-- name: q_variant_measures :exec (bigint id, bigint length_cm, bigint width_cm, bigint height_cm)
UPDATE variants SET length_cm = $2::int, width_cm = $3::int, height_cm = $4::int WHERE id = $1

-- name: q_variant_goods_id :exec (bigint id, text goods_id)
UPDATE variants SET goods_id = $2 WHERE id = $1

-- name: q_product_search_parts :one (bigint id)
-- The words a product is found by.
SELECT concat_ws(' ', p.title_fa, p.title_en, c.title_fa, c.title_en,
           (SELECT string_agg(v.sku, ' ') FROM variants v WHERE v.product_id = p.id AND v.archived_at IS NULL),
           (SELECT string_agg(concat_ws(' ', a -> 'value' ->> 'fa', a -> 'value' ->> 'en'), ' ')
              FROM jsonb_array_elements(p.attributes) a)) AS words,
       (SELECT count(*) FROM variants v WHERE v.product_id = p.id AND v.archived_at IS NULL) AS variants
  FROM products p JOIN categories c ON c.id = p.category_id WHERE p.id = $1

-- name: q_product_search_key :exec (bigint id, text search_key)
UPDATE products SET search_key = $2 WHERE id = $1

-- name: q_image_add :many (bigint product, text file, bigint width, bigint height)
-- A picture the product has already is not added again.
INSERT INTO images (product_id, file, width, height, position)
SELECT $1, $2, $3::int, $4::int, (SELECT coalesce(max(position) + 1, 0) FROM images WHERE product_id = $1)
 WHERE NOT EXISTS (SELECT 1 FROM images WHERE product_id = $1 AND file = $2) RETURNING id

-- name: q_image_drop :many (bigint product, bigint id)
-- The file stays: old orders show it.
DELETE FROM images WHERE product_id = $1 AND id = $2 RETURNING file

-- name: q_image_move :many (bigint product, bigint id, bigint position)
-- All pictures are numbered again, the moved one at its place among the others.
WITH others AS (
    SELECT id, row_number() OVER (ORDER BY position, id) - 1 AS n FROM images WHERE product_id = $1 AND id <> $2),
place AS (SELECT least($3, count(*)) AS n FROM others)
UPDATE images g SET position = CASE WHEN g.id = $2 THEN p.n ELSE o.n + (o.n >= p.n)::int END
  FROM place p, images i LEFT JOIN others o ON o.id = i.id
 WHERE g.id = i.id AND g.product_id = $1 AND EXISTS (SELECT 1 FROM images WHERE product_id = $1 AND id = $2) RETURNING g.id
