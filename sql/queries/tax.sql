-- The owner's taxes (shop/tax_admin.c).

-- name: q_tax_admin :one (text lang)
SELECT (SELECT coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'title', pick_lang(c.title_fa, c.title_en, $1),
                   'titles', jsonb_build_object('fa', c.title_fa, 'en', c.title_en),
                   'product_count', (SELECT count(*) FROM products p WHERE p.tax_class = c.id AND p.archived_at IS NULL))
                   ORDER BY c.created_at, c.id), '[]') FROM tax_classes c)::text AS classes,
       (SELECT coalesce(jsonb_agg(tax_rate_json(r) || jsonb_build_object(
                   'class_title', (SELECT pick_lang(c.title_fa, c.title_en, $1) FROM tax_classes c WHERE c.id = r.tax_class),
                   'province_title', (SELECT pick_lang(p.title_fa, p.title_en, $1) FROM provinces p WHERE p.code = r.province))
                   ORDER BY r.tax_class, r.province NULLS FIRST, r.valid_from), '[]') FROM tax_rates r)::text AS items

-- name: q_tax_class_insert :exec (text id, text title_fa, text title_en)
INSERT INTO tax_classes (id, title_fa, title_en) VALUES ($1, $2, $3)

-- name: q_tax_class_update :many (text id, text title_fa, text title_en)
UPDATE tax_classes SET title_fa = coalesce($2, title_fa), title_en = coalesce($3, title_en) WHERE id = $1 RETURNING id

-- name: q_tax_rate_facts :one (text tax_class, bigint valid_from, bigint valid_until)
SELECT EXISTS (SELECT 1 FROM tax_classes WHERE id = $1) AS known, coalesce(to_timestamp($2) < shop_now() - interval '1 minute', false) AS past,
       coalesce(to_timestamp($3) <= coalesce(to_timestamp($2), shop_now()), false) AS reversed

-- name: q_tax_rate_insert :one (text tax_class, text province, bigint rate_bp, bigint valid_from, bigint valid_until)
-- A moment just gone by is now: an order placed in between keeps what it was placed with.
INSERT INTO tax_rates (tax_class, province, rate_bp, valid_from, valid_until)
VALUES ($1, $2, $3::int, greatest(coalesce(to_timestamp($4), shop_now()), shop_now()), to_timestamp($5)) RETURNING id

-- name: q_tax_rate :opt (bigint id)
SELECT tax_rate_json(r)::text AS body FROM tax_rates r WHERE r.id = $1

-- name: q_tax_rate_lock :opt (bigint id)
SELECT tax_rate_json(r) ->> 'state' AS state FROM tax_rates r WHERE r.id = $1 FOR UPDATE

-- name: q_tax_rate_update :many (bigint id, bigint rate_bp, bigint valid_until)
-- No row: the end would lie before now or before the beginning.
UPDATE tax_rates SET rate_bp = coalesce($2::int, rate_bp), valid_until = coalesce(to_timestamp($3), valid_until)
 WHERE id = $1 AND ($3 IS NULL OR (to_timestamp($3) > valid_from AND to_timestamp($3) > shop_now() - interval '1 minute')) RETURNING id

-- name: q_tax_rate_drop :one (bigint id)
DELETE FROM tax_rates WHERE id = $1 RETURNING tax_class, province, valid_from::text AS valid_from, valid_until::text AS valid_until

-- name: q_tax_rate_goes_on :exec (text tax_class, text province, text valid_from, text valid_until)
-- The rate that ended where the removed one would have begun.
UPDATE tax_rates SET valid_until = $4::timestamptz
 WHERE tax_class = $1 AND province IS NOT DISTINCT FROM $2 AND valid_until = $3::timestamptz
