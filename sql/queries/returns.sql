-- Returns (shop/returns.c).

-- name: q_return_window :one (bigint order_id)
SELECT coalesce(shop_now() < order_return_deadline(o), false) AS open, rfc3339(order_return_deadline(o)) AS deadline
  FROM orders o WHERE o.id = $1

-- name: q_return_units :many (bigint order_id)
SELECT i.id, returnable_units(i) AS units, i.returnable FROM order_items i WHERE i.order_id = $1

-- name: q_return_add :one (bigint order_id, bigint customer)
INSERT INTO returns (order_id, customer_id) VALUES ($1, $2) RETURNING id, uuid

-- name: q_return_line_add :exec (bigint return_id, bigint item, bigint quantity, text reason)
INSERT INTO return_lines (return_id, item_id, quantity, reason) VALUES ($1, $2, $3::int, $4)

-- name: q_return_photo_add :one (bigint return_id, bigint number, bytea image)
INSERT INTO return_photos (return_id, number, image) VALUES ($1, $2::int, $3) RETURNING number

-- name: q_return_photo_own :opt (text number, bigint customer, text uuid, bigint photo)
SELECT p.image FROM return_photos p JOIN returns r ON r.id = p.return_id JOIN orders o ON o.id = r.order_id
 WHERE o.number = $1 AND r.customer_id = $2 AND o.customer_id = $2 AND r.uuid = $3::uuid AND p.number = $4

-- name: q_return_photo :opt (text uuid, bigint photo)
SELECT p.image FROM return_photos p JOIN returns r ON r.id = p.return_id WHERE r.uuid = $1::uuid AND p.number = $2

-- name: q_return_route :opt (text uuid)
SELECT id, order_id FROM returns WHERE uuid = $1::uuid

-- name: q_return_lock :one (bigint id)
SELECT id, status, version FROM returns WHERE id = $1 FOR NO KEY UPDATE

-- name: q_return_lines :many (bigint id)
SELECT item_id, quantity, restocked + written_off AS received FROM return_lines WHERE return_id = $1 ORDER BY item_id

-- name: q_return_move :one (bigint id, bigint version, text event, text to_state, text reason, bigint refund)
UPDATE returns SET status = $4, event = $3, version = version + 1, reason = $5, refund_id = coalesce($6, refund_id),
       decided_at = CASE WHEN $4 IN ('approved', 'refused') THEN shop_now() ELSE decided_at END,
       received_at = CASE WHEN $4 = 'received' THEN shop_now() ELSE received_at END,
       ended_at = CASE WHEN $4 IN ('refused', 'refunded', 'closed') THEN shop_now() END
 WHERE id = $1 AND version = $2 RETURNING id

-- name: q_return_received :many (bigint return_id, bigint order_id, bigint[] items, bigint[] restocked, bigint[] written_off)
-- Only what is told to be whole goes back on the shelf.
WITH l AS (SELECT i.id, i.variant_id, u.restocked::int AS restocked, u.written_off::int AS written_off
             FROM unnest($3, $4, $5) u(item_id, restocked, written_off) JOIN order_items i ON i.id = u.item_id AND i.order_id = $2),
n AS (UPDATE return_lines n SET restocked = l.restocked, written_off = l.written_off FROM l
       WHERE n.return_id = $1 AND n.item_id = l.id),
u AS (UPDATE order_items i SET returned = i.returned + l.restocked + l.written_off FROM l WHERE i.id = l.id)
INSERT INTO stock_movements (variant_id, kind, on_hand_delta, order_id)
SELECT variant_id, 'restock', restocked, $2 FROM l WHERE restocked > 0 ORDER BY variant_id RETURNING variant_id

-- name: q_return_list :one (text status, bigint before, bigint max, text lang)
WITH page AS (SELECT r.* FROM returns r WHERE ($1 IS NULL OR r.status = $1) AND ($2 IS NULL OR r.id < $2) ORDER BY r.id DESC LIMIT $3)
SELECT coalesce(jsonb_agg(return_json(p, $4) || jsonb_build_object('photos', return_photos_json(p, true), 'customer',
           (SELECT jsonb_build_object('name', c.name, 'phone', c.phone) FROM customers c WHERE c.id = p.customer_id))
           ORDER BY p.id DESC), '[]')::text AS items,
       CASE WHEN count(*) = $3 THEN min(p.id) END AS next FROM page p

-- name: q_holiday_list :one ()
SELECT coalesce(jsonb_agg(jsonb_build_object('day', day, 'title', title) ORDER BY day), '[]')::text AS items
  FROM holidays WHERE day >= (shop_now() AT TIME ZONE 'Asia/Tehran')::date - 90

-- name: q_holiday_put :one (bigint at, text title)
INSERT INTO holidays (day, title) VALUES ((to_timestamp($1) AT TIME ZONE 'Asia/Tehran')::date, $2)
ON CONFLICT (day) DO UPDATE SET title = EXCLUDED.title RETURNING day::text AS day

-- name: q_holiday_drop :many (text day)
DELETE FROM holidays WHERE day::text = $1 RETURNING day::text AS day
