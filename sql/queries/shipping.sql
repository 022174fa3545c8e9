-- The owner's ways of sending (shop/shipping_admin.c).

-- name: q_shipping_admin_list :one (text lang)
SELECT (SELECT coalesce(jsonb_agg(shipping_method_json(m, $1) ORDER BY m.position, m.id), '[]') FROM shipping_methods m)::text AS items,
       origin_province() AS origin

-- name: q_shipping_admin :opt (text id, text lang)
SELECT shipping_method_json(m, $2)::text AS body FROM shipping_methods m WHERE m.id = $1

-- name: q_shipping_method_lock :opt (text id)
SELECT id FROM shipping_methods WHERE id = $1 FOR NO KEY UPDATE

-- name: q_shipping_method_insert :exec (text id, text title_fa, text title_en, text charged, bigint eta_days, bool needs_address, bool needs_postal_code, bigint free_over, bigint min_weight_g, bigint max_weight_g, bool active, bigint position)
INSERT INTO shipping_methods (id, title_fa, title_en, charged, eta_days, needs_address, needs_postal_code, free_over,
                              min_weight_g, max_weight_g, active, position)
VALUES ($1, $2, $3, coalesce($4, 'checkout'), coalesce($5, 3)::int, coalesce($6, true), coalesce($7, false), $8, $9::int, $10::int,
        coalesce($11, true), coalesce($12, (SELECT coalesce(max(position), 0) + 1 FROM shipping_methods))::int)

-- name: q_shipping_method_update :many (text id, text title_fa, text title_en, text charged, bigint eta_days, bool needs_address, bool needs_postal_code, bool set_free, bigint free_over, bool set_min, bigint min_weight_g, bool set_max, bigint max_weight_g, bool active, bigint position)
-- NULL leaves a column as it is.
UPDATE shipping_methods SET title_fa = coalesce($2, title_fa), title_en = coalesce($3, title_en), charged = coalesce($4, charged),
       eta_days = coalesce($5::int, eta_days), needs_address = coalesce($6, needs_address),
       needs_postal_code = coalesce($7, needs_postal_code), free_over = CASE WHEN $8 THEN $9 ELSE free_over END,
       min_weight_g = CASE WHEN $10 THEN $11::int ELSE min_weight_g END,
       max_weight_g = CASE WHEN $12 THEN $13::int ELSE max_weight_g END,
       active = coalesce($14, active), position = coalesce($15::int, position)
 WHERE id = $1 RETURNING id

-- name: q_shipping_zone_insert :one (text method, text kind, text[] provinces, text title_fa, text title_en, bigint extra_kg, bigint position)
INSERT INTO shipping_zones (method_id, kind, provinces, title_fa, title_en, extra_kg, position)
VALUES ($1, coalesce($2, 'listed'), $3, $4, $5, coalesce($6, 0),
        coalesce($7, (SELECT coalesce(max(position), 0) + 1 FROM shipping_zones WHERE method_id = $1))::int) RETURNING id

-- name: q_shipping_zone_update :many (text method, bigint zone, text kind, bool set_provinces, text[] provinces, text title_fa, text title_en, bigint extra_kg, bigint position)
UPDATE shipping_zones SET kind = coalesce($3, kind), provinces = CASE WHEN $4 THEN $5 ELSE provinces END,
       title_fa = coalesce($6, title_fa), title_en = coalesce($7, title_en), extra_kg = coalesce($8, extra_kg),
       position = coalesce($9::int, position)
 WHERE method_id = $1 AND id = $2 RETURNING id

-- name: q_shipping_zone_drop :many (text method, bigint zone)
DELETE FROM shipping_zones WHERE method_id = $1 AND id = $2 RETURNING id

-- name: q_shipping_steps_clear :exec (bigint zone)
DELETE FROM shipping_steps WHERE zone_id = $1
