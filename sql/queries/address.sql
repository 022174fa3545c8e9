-- Addresses of customers.

-- name: q_address_get :opt (bigint customer, bigint id)
SELECT recipient, phone, province, city, line, plaque, unit, postal_code, note, lat, lng
  FROM addresses WHERE customer_id = $1 AND id = $2 AND archived_at IS NULL

-- name: q_address_list :many (bigint customer, text lang)
SELECT a.id, a.recipient, a.phone, a.province, a.city, a.line, a.plaque, a.unit, a.postal_code, a.note,
       a.lat, a.lng, CASE $2 WHEN 'en' THEN p.title_en ELSE p.title_fa END AS province_title
  FROM addresses a LEFT JOIN provinces p ON p.code = a.province
 WHERE a.customer_id = $1 AND a.archived_at IS NULL ORDER BY a.id DESC LIMIT 100

-- name: q_address_add :opt (bigint customer, text recipient, text phone, text province, text city, text line, text plaque, text unit, text postal_code, text note, bigint lat, bigint lng, bigint most)
INSERT INTO addresses (customer_id, recipient, phone, province, city, line, plaque, unit, postal_code, note, lat, lng)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
 WHERE (SELECT count(*) FROM addresses WHERE customer_id = $1 AND archived_at IS NULL) < $13
RETURNING id

-- name: q_address_remember :exec (bigint customer, text recipient, text phone, text province, text city, text line, text plaque, text unit, text postal_code, text note, bigint lat, bigint lng, bigint most)
INSERT INTO addresses (customer_id, recipient, phone, province, city, line, plaque, unit, postal_code, note, lat, lng)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
 WHERE $2 IS NOT NULL AND $3 IS NOT NULL AND $4 IS NOT NULL AND $5 IS NOT NULL AND $6 IS NOT NULL
   AND (SELECT count(*) FROM addresses WHERE customer_id = $1 AND archived_at IS NULL) < $13
   AND NOT EXISTS (SELECT FROM addresses a WHERE a.customer_id = $1 AND a.archived_at IS NULL AND a.province = $4
                      AND (a.recipient, a.phone, a.city, a.line, a.plaque, a.unit, a.postal_code)
                          IS NOT DISTINCT FROM ($2, $3, $5, $6, $7, $8, $9))

-- name: q_address_change :opt (bigint customer, bigint id, text recipient, text phone, text province, text city, text line, text plaque, text unit, text postal_code, text note, bigint lat, bigint lng)
UPDATE addresses
   SET recipient = $3, phone = $4, province = $5, city = $6, line = $7, plaque = $8, unit = $9,
       postal_code = $10, note = $11, lat = $12, lng = $13
 WHERE customer_id = $1 AND id = $2 AND archived_at IS NULL
RETURNING id

-- name: q_address_archive :opt (bigint customer, bigint id)
UPDATE addresses SET archived_at = shop_now()
 WHERE customer_id = $1 AND id = $2 AND archived_at IS NULL RETURNING id
