-- Parcels, canceled lines, notes and corrections (shop/shipment.c, shop/line_cancel.c, shop/order_note.c).

-- name: q_order_facts_parcels :many (bigint order_id)
SELECT id, status, version, received_at IS NOT NULL AS received FROM shipments WHERE order_id = $1 ORDER BY id FOR NO KEY UPDATE

-- name: q_shipment_add :one (bigint order_id, text carrier, text tracking_number, bigint[] items, bigint[] quantities)
-- Some of the reserved units go out in a parcel: out of both counters, in variant order.
WITH l AS (SELECT i.id, i.variant_id, u.quantity::int AS quantity
             FROM unnest($4, $5) u(item_id, quantity) JOIN order_items i ON i.id = u.item_id AND i.order_id = $1),
s AS (INSERT INTO shipments (order_id, carrier, tracking_number) VALUES ($1, $2, $3) RETURNING id),
n AS (INSERT INTO shipment_items (shipment_id, item_id, quantity) SELECT s.id, l.id, l.quantity FROM s, l),
u AS (UPDATE order_items i SET shipped = i.shipped + l.quantity, reserved = i.reserved - l.quantity FROM l WHERE i.id = l.id),
m AS (INSERT INTO stock_movements (variant_id, kind, on_hand_delta, reserved_delta, order_id)
      SELECT variant_id, 'ship', -quantity, -quantity, $1 FROM l ORDER BY variant_id)
SELECT id FROM s

-- name: q_shipment_items :many (bigint shipment)
SELECT item_id, quantity FROM shipment_items WHERE shipment_id = $1 ORDER BY item_id

-- name: q_shipment_move :one (bigint id, bigint version, text event, text to_state)
UPDATE shipments SET status = $4, event = $3, version = version + 1,
       delivered_at = CASE WHEN $4 = 'delivered' THEN shop_now() ELSE delivered_at END
 WHERE id = $1 AND version = $2 RETURNING id

-- name: q_shipment_received :many (bigint shipment, bigint order_id, bigint[] items, bigint[] restocked, bigint[] written_off)
-- What came back of a parcel, once: on the shelf again or written off.
WITH l AS (SELECT i.id, i.variant_id, u.restocked::int AS restocked, u.written_off::int AS written_off
             FROM unnest($3, $4, $5) u(item_id, restocked, written_off) JOIN order_items i ON i.id = u.item_id AND i.order_id = $2),
s AS (UPDATE shipments SET received_at = shop_now() WHERE id = $1),
n AS (UPDATE shipment_items n SET restocked = l.restocked, written_off = l.written_off FROM l
       WHERE n.shipment_id = $1 AND n.item_id = l.id),
u AS (UPDATE order_items i SET returned = i.returned + l.restocked + l.written_off FROM l WHERE i.id = l.id)
INSERT INTO stock_movements (variant_id, kind, on_hand_delta, order_id)
SELECT variant_id, 'restock', restocked, $2 FROM l WHERE restocked > 0 ORDER BY variant_id RETURNING variant_id

-- name: q_order_lines_release :many (bigint order_id, bigint[] items, bigint[] quantities)
-- Units that will not be sent go back to the shelf.
WITH l AS (SELECT i.id, i.variant_id, u.quantity::int AS quantity
             FROM unnest($2, $3) u(item_id, quantity) JOIN order_items i ON i.id = u.item_id AND i.order_id = $1),
u AS (UPDATE order_items i SET canceled = i.canceled + l.quantity, reserved = i.reserved - l.quantity FROM l WHERE i.id = l.id)
INSERT INTO stock_movements (variant_id, kind, reserved_delta, order_id)
SELECT variant_id, 'release', -quantity, $1 FROM l ORDER BY variant_id RETURNING variant_id

-- name: q_order_note_add :one (bigint order_id, text kind, text text)
INSERT INTO order_notes (order_id, kind, text) VALUES ($1, $2, $3) RETURNING id

-- name: q_order_address :opt (bigint order_id)
-- Of what is picked up there is only who comes for it.
SELECT address ->> 'recipient' AS recipient, address ->> 'phone' AS phone, address ->> 'province' AS province,
       address ->> 'city' AS city, address ->> 'line' AS line, address ->> 'plaque' AS plaque, address ->> 'unit' AS unit,
       address ->> 'postal_code' AS postal_code, address ->> 'note' AS note,
       ((address ->> 'lat')::numeric * 1000000)::bigint AS lat, ((address ->> 'lng')::numeric * 1000000)::bigint AS lng
  FROM orders WHERE id = $1 AND address ->> 'province' IS NOT NULL

-- name: q_order_address_change :one (bigint order_id, text address)
-- The snapshot is replaced; what it was stays in the timeline.
WITH old AS (SELECT id, address FROM orders WHERE id = $1),
n AS (INSERT INTO order_notes (order_id, kind, before, after) SELECT id, 'address', address, $2::jsonb FROM old)
UPDATE orders o SET address = $2::jsonb FROM old WHERE o.id = old.id RETURNING o.id

-- name: q_order_gift :exec (bigint order_id)
UPDATE orders SET gift = true WHERE id = $1
