-- Counting stock (shop/stock.c).

-- name: q_stock_row :opt (bigint variant)
SELECT s.on_hand, s.reserved, v.sku, p.slug
  FROM stock s JOIN variants v ON v.id = s.variant_id JOIN products p ON p.id = v.product_id WHERE s.variant_id = $1

-- name: q_stock_holders :many (bigint variant)
-- Orders that hold units of the variant.
SELECT DISTINCT o.id, o.number FROM order_items i JOIN orders o ON o.id = i.order_id
 WHERE i.variant_id = $1 AND i.reserved > 0 ORDER BY o.id LIMIT 100

-- name: q_stock_count :one (bigint variant, bigint delta, text reason)
INSERT INTO stock_movements (variant_id, kind, on_hand_delta, reason) VALUES ($1, 'count', $2, $3) RETURNING id

-- name: q_stock_list :one (text lang, text[] words, bool low, bigint before, bigint max)
-- Variants on sale, newest product first; `low`: only those that run low.
WITH page AS (
    SELECT v, s, p, v.id, row_number() OVER (ORDER BY v.id DESC) AS n
      FROM (SELECT shop_low_stock() AS shop) t, variants v JOIN stock s ON s.variant_id = v.id JOIN products p ON p.id = v.product_id
     WHERE v.archived_at IS NULL AND p.archived_at IS NULL AND ($4 IS NULL OR v.id < $4)
       AND ($2 IS NULL OR p.search_key LIKE ALL ($2))
       AND (NOT $3 OR (p.active AND s.on_hand - s.reserved <= coalesce(v.low_stock, t.shop)))
     ORDER BY v.id DESC LIMIT $5 + 1)
SELECT (SELECT coalesce(jsonb_agg(stock_row_json(g.v, g.s, g.p, shop_low_stock(), $1) ORDER BY g.n) FILTER (WHERE g.n <= $5), '[]') FROM page g)::text AS items,
       (SELECT g.id FROM page g WHERE g.n = $5 AND EXISTS (SELECT 1 FROM page WHERE n > $5)) AS next_id,
       (SELECT count(*) FROM stock_alerts WHERE ended_at IS NULL) AS alerts

-- name: q_stock_variant :opt (bigint variant, text lang, bigint before, bigint max)
-- One variant, its movements newest first, and the orders that hold units of it.
WITH page AS (
    SELECT m.*, row_number() OVER (ORDER BY m.id DESC) AS n FROM stock_movements m
     WHERE m.variant_id = $1 AND ($3 IS NULL OR m.id < $3) ORDER BY m.id DESC LIMIT $4 + 1)
SELECT (stock_row_json(v, s, p, shop_low_stock(), $2) || jsonb_build_object(
        'items', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', g.id, 'at', rfc3339(g.at), 'kind', g.kind, 'on_hand_delta', g.on_hand_delta,
                     'reserved_delta', g.reserved_delta, 'reason', g.reason, 'actor', g.actor,
                     'actor_name', (SELECT f.username FROM staff f WHERE g.actor = 'staff' AND f.id = g.actor_id),
                     'order', (SELECT o.number FROM orders o WHERE o.id = g.order_id)) ORDER BY g.n) FILTER (WHERE g.n <= $4), '[]') FROM page g),
        'orders', (SELECT coalesce(jsonb_agg(jsonb_build_object('number', h.number, 'status', h.status, 'quantity', h.units) ORDER BY h.id), '[]')
                     FROM (SELECT o.id, o.number, o.status, sum(i.reserved) AS units FROM order_items i JOIN orders o ON o.id = i.order_id
                            WHERE i.variant_id = $1 AND i.reserved > 0 GROUP BY o.id LIMIT 100) h),
        'alerts', (SELECT coalesce(jsonb_agg(jsonb_build_object('at', rfc3339(a.at), 'available', a.available, 'threshold', a.threshold,
                     'ended_at', rfc3339(a.ended_at)) ORDER BY a.id DESC), '[]')
                     FROM (SELECT * FROM stock_alerts WHERE variant_id = $1 ORDER BY id DESC LIMIT 5) a)))::text AS body,
       (SELECT g.id FROM page g WHERE g.n = $4 AND EXISTS (SELECT 1 FROM page WHERE n > $4)) AS next_id
  FROM variants v JOIN stock s ON s.variant_id = v.id JOIN products p ON p.id = v.product_id WHERE v.id = $1

-- name: q_stock_threshold :many (bigint variant, bigint low_stock)
UPDATE variants SET low_stock = $2::int WHERE id = $1 RETURNING id

-- name: q_stock_give_up :many (bigint variant)
-- The orders that hold units, in the order in which they give them up: unpaid ones first, the newest
-- first. With what their locks need.
SELECT o.id, o.number, o.customer_id, o.coupon_id, (SELECT sum(i.reserved) FROM order_items i WHERE i.order_id = o.id AND i.variant_id = $1) AS units,
       (SELECT jsonb_agg(i.variant_id ORDER BY i.variant_id) FROM order_items i WHERE i.order_id = o.id)::text AS variants
  FROM orders o WHERE o.id IN (SELECT order_id FROM order_items WHERE variant_id = $1 AND reserved > 0)
 ORDER BY o.status <> 'pending', o.id DESC

-- name: q_stock_watch :one ()
-- Opens an alert for each variant that has run low, ends those of which there is enough again.
WITH low AS (
    SELECT s.variant_id, s.on_hand - s.reserved AS available, coalesce(v.low_stock, t.shop) AS threshold
      FROM (SELECT shop_low_stock() AS shop) t, stock s JOIN variants v ON v.id = s.variant_id JOIN products p ON p.id = v.product_id
     WHERE v.archived_at IS NULL AND p.active AND p.archived_at IS NULL AND s.on_hand - s.reserved <= coalesce(v.low_stock, t.shop)),
ended AS (
    UPDATE stock_alerts a SET ended_at = shop_now()
     WHERE a.ended_at IS NULL AND NOT EXISTS (SELECT 1 FROM low WHERE low.variant_id = a.variant_id)),
fresh AS (
    INSERT INTO stock_alerts (variant_id, available, threshold) SELECT variant_id, available, threshold FROM low
    ON CONFLICT (variant_id) WHERE ended_at IS NULL DO NOTHING RETURNING id)
SELECT min(id) AS first, max(id) AS last FROM fresh

-- name: q_message_stock_alert :one (bigint first, bigint last)
SELECT count(*) AS variants,
       (SELECT string_agg(n.sku || ': ' || n.available, '، ') FROM (
            SELECT v.sku, a.available FROM stock_alerts a JOIN variants v ON v.id = a.variant_id
             WHERE a.id BETWEEN $1 AND $2 ORDER BY a.id LIMIT 5) n) AS list
  FROM stock_alerts WHERE id BETWEEN $1 AND $2
