-- `tarazu import` (shop/import.c).

-- name: q_import_category :one (text slug, bigint parent, text title_fa, text title_en, bigint position)
INSERT INTO categories (slug, parent_id, title_fa, title_en, position) VALUES ($1, $2, $3, $4, coalesce($5, 0)::int)
ON CONFLICT (slug) DO UPDATE SET parent_id = EXCLUDED.parent_id, title_fa = EXCLUDED.title_fa, title_en = EXCLUDED.title_en,
    position = EXCLUDED.position, archived_at = NULL RETURNING id

-- name: q_import_product :one (text slug, text title_fa, text title_en, text description_fa, text description_en, bigint category, text tax_class, bool returnable, bool active, text attributes, bigint age_seconds)
-- A new product's age keeps the order of the file: what stands first is newest.
WITH old AS (SELECT id FROM products WHERE slug = $1)
INSERT INTO products (slug, title_fa, title_en, description_fa, description_en, category_id, tax_class, returnable, active,
                      attributes, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, shop_now() - make_interval(secs => $11))
ON CONFLICT ON CONSTRAINT products_slug_key DO UPDATE SET title_fa = EXCLUDED.title_fa, title_en = EXCLUDED.title_en,
    description_fa = EXCLUDED.description_fa, description_en = EXCLUDED.description_en, category_id = EXCLUDED.category_id,
    tax_class = EXCLUDED.tax_class, returnable = EXCLUDED.returnable, active = EXCLUDED.active,
    attributes = EXCLUDED.attributes, updated_at = shop_now(), archived_at = NULL
RETURNING id, NOT EXISTS (SELECT 1 FROM old) AS fresh

-- name: q_import_variant :opt (bigint product, text sku, text options, bigint price, bigint compare_at_price, bigint weight_g, bigint position, bigint length_cm, bigint width_cm, bigint height_cm, text goods_id)
-- No row: the SKU is another product's. Stock is counted for new variants alone.
WITH old AS (SELECT id FROM variants WHERE sku = $2),
v AS (
    INSERT INTO variants (product_id, sku, options, price, compare_at_price, weight_g, position, length_cm, width_cm, height_cm, goods_id)
    VALUES ($1, $2, $3::jsonb, $4, $5, $6::int, $7::int, $8::int, $9::int, $10::int, $11)
    ON CONFLICT ON CONSTRAINT variants_sku_key DO UPDATE SET options = EXCLUDED.options, price = EXCLUDED.price,
        compare_at_price = EXCLUDED.compare_at_price, weight_g = EXCLUDED.weight_g, position = EXCLUDED.position,
        length_cm = EXCLUDED.length_cm, width_cm = EXCLUDED.width_cm, height_cm = EXCLUDED.height_cm, goods_id = EXCLUDED.goods_id, archived_at = NULL
     WHERE variants.product_id = EXCLUDED.product_id RETURNING id)
SELECT v.id, NOT EXISTS (SELECT 1 FROM old) AS fresh FROM v

-- name: q_import_method :exec (text id, text title_fa, text title_en, text charged, bigint eta_days, bool needs_address, bool needs_postal_code, bigint free_over, bigint position, bigint min_weight_g, bigint max_weight_g)
INSERT INTO shipping_methods (id, title_fa, title_en, charged, eta_days, needs_address, needs_postal_code, free_over, position, min_weight_g,
                              max_weight_g)
VALUES ($1, $2, $3, $4, $5::int, $6, $7, $8, $9::int, $10::int, $11::int)
ON CONFLICT (id) DO UPDATE SET title_fa = EXCLUDED.title_fa, title_en = EXCLUDED.title_en, charged = EXCLUDED.charged,
    eta_days = EXCLUDED.eta_days, needs_address = EXCLUDED.needs_address, needs_postal_code = EXCLUDED.needs_postal_code,
    free_over = EXCLUDED.free_over, position = EXCLUDED.position, min_weight_g = EXCLUDED.min_weight_g,
    max_weight_g = EXCLUDED.max_weight_g

-- name: q_import_zones_clear :exec (text method)
DELETE FROM shipping_zones WHERE method_id = $1

-- name: q_import_steps :exec (bigint zone, text steps)
INSERT INTO shipping_steps (zone_id, up_to_g, price)
SELECT $1, s.up_to_g, s.price FROM jsonb_to_recordset($2::jsonb) AS s(up_to_g int, price bigint)

-- name: q_import_coupon :opt (text code, text kind, bigint value, bigint usage_limit, bigint per_customer_limit, bigint min_subtotal, bigint max_discount, bigint starts_at, bigint ends_at)
-- An existing code is updated; no row: the new limit is below what has been used.
UPDATE coupons k SET kind = $2, value = $3, usage_limit = $4, per_customer_limit = $5::int, min_subtotal = coalesce($6, 0),
       max_discount = $7, starts_at = to_timestamp($8), ends_at = to_timestamp($9), used = n.uses
  FROM (SELECT count(*) AS uses FROM coupon_uses u JOIN coupons c ON c.id = u.coupon_id
         WHERE c.code = $1 AND c.archived_at IS NULL) n
 WHERE k.code = $1 AND k.archived_at IS NULL AND ($4 IS NULL OR n.uses <= $4) RETURNING k.id
