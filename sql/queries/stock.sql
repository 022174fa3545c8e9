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
