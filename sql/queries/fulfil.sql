-- Orders by phone and the links that pay them (shop/order_phone.c).

-- name: q_phone_customer_name :exec (bigint id, text name)
UPDATE customers SET name = $2 WHERE id = $1 AND name IS NULL AND erased_at IS NULL

-- name: q_phone_cart_fill :many (bigint cart, bigint[] variants, bigint[] quantities)
INSERT INTO cart_items (cart_id, variant_id, quantity, price_seen)
SELECT $1, u.variant_id, u.quantity::int, v.price FROM unnest($2, $3) u(variant_id, quantity) JOIN variants v ON v.id = u.variant_id
RETURNING variant_id

-- name: q_phone_order_expiry :exec (bigint order_id, bigint minutes)
UPDATE orders SET expires_at = shop_now() + make_interval(mins => $2::int) WHERE id = $1 AND status = 'pending'

-- name: q_payment_link_add :exec (text token, bigint order_id)
INSERT INTO payment_links (token, order_id) VALUES ($1, $2)

-- name: q_payment_link :opt (text token, text lang)
-- What somebody sees who has the link: no address, no name. Paid: for a day more, so that a reload
-- after the bank is no riddle.
SELECT o.id, o.number, o.customer_id, coalesce(o.status = 'pending' AND o.due > 0 AND o.expires_at > shop_now(), false) AS payable,
       (o.paid_at > shop_now() - interval '1 day') IS TRUE AS paid,
       jsonb_build_object('number', o.number, 'status', o.status, 'total', o.total, 'due', o.due, 'subtotal', o.subtotal,
           'discount', o.discount, 'shipping', o.shipping, 'tax', o.tax, 'wallet', o.wallet, 'prices_include_tax', o.prices_include_tax,
           'payment_status', order_payment_status(o), 'currency', o.currency, 'expires_at', rfc3339(o.expires_at),
           'shipping_method', jsonb_build_object('charged', o.shipping_method -> 'charged'),
           'items', (SELECT jsonb_agg(jsonb_build_object('title', pick_lang(i.title_fa, i.title_en, $2), 'options', options_json(i.options, $2),
               'quantity', i.quantity, 'unit_price', i.unit_price, 'line_total', i.line_total) ORDER BY i.line)
               FROM order_items i WHERE i.order_id = o.id))::text AS page
  FROM payment_links l JOIN orders o ON o.id = l.order_id WHERE l.token = $1
