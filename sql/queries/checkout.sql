-- What a quote and a placement read besides the lines (shop/checkout.c, shop/order_place.c).

-- name: q_coupon_of_cart :opt (bigint cart, bigint customer)
SELECT k.id, coupon_lock_of(k.id, c.coupon_code) AS lock, c.coupon_code AS code, k.kind, k.value, coalesce(k.max_discount, 0) AS max_discount, k.min_subtotal, k.usage_limit,
       k.per_customer_limit,
       (k.starts_at IS NULL OR k.starts_at <= shop_now()) AND (k.ends_at IS NULL OR shop_now() < k.ends_at) AS in_window,
       (k.usage_limit IS NULL OR k.used < k.usage_limit)
       AND NOT EXISTS (SELECT 1 FROM coupon_uses u WHERE u.code = c.coupon_code) AS has_room,
       (SELECT min(n) FROM generate_series(1, (SELECT count(*) + 1 FROM coupon_uses u
                                                WHERE u.coupon_id = k.id AND u.customer_id = $2)) n
         WHERE NOT EXISTS (SELECT 1 FROM coupon_uses u
                            WHERE u.coupon_id = k.id AND u.customer_id = $2 AND u.seq = n)) AS free_seq
  FROM carts c JOIN coupons k ON k.id = coupon_of(c.coupon_code)
 WHERE c.id = $1

-- name: q_shipping_options :many (text province)
-- Each active method with the first of its zones that serves the province, and the calendar.
SELECT m.id, m.title_fa, m.title_en, m.charged, m.eta_days, m.needs_address, m.needs_postal_code, m.free_over,
       m.min_weight_g, m.max_weight_g, z.extra_kg, z.kind AS zone_kind, z.title_fa AS zone_fa, z.title_en AS zone_en,
       (SELECT jsonb_agg(jsonb_build_array(s.up_to_g, s.price) ORDER BY s.up_to_g)
          FROM shipping_steps s WHERE s.zone_id = z.id)::text AS steps,
       (SELECT extract(epoch FROM shop_now())::bigint) AS now,
       (SELECT coalesce(jsonb_agg(h.day - date '1970-01-01'), '[]') FROM holidays h
         WHERE h.day BETWEEN (shop_now() AT TIME ZONE 'Asia/Tehran')::date
                         AND (shop_now() AT TIME ZONE 'Asia/Tehran')::date + 500)::text AS holidays
  FROM (SELECT origin_province() AS province) origin
 CROSS JOIN shipping_methods m
 CROSS JOIN LATERAL (SELECT * FROM shipping_zones z0
                       WHERE z0.method_id = m.id
                         AND (zone_serves(z0.kind, z0.provinces, $1, origin.province) OR (NOT m.needs_address AND $1 IS NULL))
                       ORDER BY z0.position LIMIT 1) z
 WHERE m.active ORDER BY m.position, m.id

-- name: q_wallet :opt (bigint customer)
SELECT balance, held, balance - held AS available FROM wallets WHERE customer_id = $1

-- name: q_wallet_lock :opt (bigint customer)
SELECT balance - held AS available FROM wallets WHERE customer_id = $1 FOR NO KEY UPDATE

-- name: q_cart_lock :opt (bigint cart)
SELECT id FROM carts WHERE id = $1 FOR NO KEY UPDATE

-- name: q_coupon_lock :opt (bigint coupon)
SELECT id FROM coupons WHERE id = $1 AND usage_limit IS NOT NULL FOR NO KEY UPDATE

-- name: q_coupon_code_lock :opt (bigint code)
SELECT id FROM coupon_codes WHERE id = $1 FOR NO KEY UPDATE

-- name: q_stock_lock :many (bigint[] variants)
SELECT variant_id FROM stock WHERE variant_id = ANY ($1) ORDER BY variant_id FOR NO KEY UPDATE

-- name: q_buyer :opt (bigint customer)
-- `holds`: units of each variant that open orders of theirs have reserved.
SELECT c.name, c.phone, c.national_code,
       (SELECT count(*) FROM orders o WHERE o.customer_id = c.id AND o.status = 'pending') AS pending,
       (SELECT jsonb_object_agg(h.variant_id, h.units) FROM (
            SELECT i.variant_id, sum(i.reserved) AS units FROM orders o JOIN order_items i ON i.order_id = o.id
             WHERE o.customer_id = c.id AND o.status IN ('pending', 'paid', 'processing') AND i.reserved > 0
             GROUP BY i.variant_id) h)::text AS holds
  FROM customers c WHERE c.id = $1

-- name: q_place_look :one (bigint cart, bigint version, bigint customer, text fingerprint)
-- One lock-free look before placing: an order this request has made already, and what would run out.
SELECT coupon_lock_of(coupon_of(c.coupon_code), c.coupon_code) AS coupon_id, p.id AS placed, p.number,
       (SELECT coalesce(jsonb_agg(i.variant_id ORDER BY i.variant_id), '[]') FROM cart_items i WHERE i.cart_id = c.id)::text AS variants,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('variant_id', i.variant_id, 'available', greatest(s.on_hand - s.reserved, 0),
                                                            'title_fa', p.title_fa, 'title_en', p.title_en)
                                  ORDER BY i.variant_id), '[]')
          FROM cart_items i JOIN stock s ON s.variant_id = i.variant_id
          JOIN variants v ON v.id = i.variant_id JOIN products p ON p.id = v.product_id
         WHERE i.cart_id = c.id AND s.on_hand - s.reserved < i.quantity)::text AS short
  FROM carts c
  LEFT JOIN LATERAL (
       SELECT o.id, o.number FROM orders o
        WHERE o.cart_id = c.id AND o.customer_id = $3
          AND (o.cart_version = $2
               OR ($2 IS NULL AND o.fingerprint = $4 AND o.placed_at > shop_now() - interval '15 minutes'
                   AND NOT EXISTS (SELECT 1 FROM cart_items i WHERE i.cart_id = c.id)))
        ORDER BY o.id DESC LIMIT 1) p ON true
 WHERE c.id = $1

-- name: q_order_id :one ()
SELECT n.id, order_number(n.id) AS number FROM (SELECT nextval(pg_get_serial_sequence('orders', 'id')) AS id) n

-- name: q_order_insert :one (bigint id, bigint customer, bigint cart, bigint version, text money, text facts, text lines, text fingerprint, bigint expires_minutes)
-- The order, its lines, the reservations and the emptied cart in one statement. `money` and `facts`
-- are objects, `lines` an array; the movements go in variant order, as the locks did.
WITH m AS (SELECT * FROM jsonb_to_record($5::jsonb) AS m(subtotal bigint, discount bigint, shipping bigint, tax bigint,
                total bigint, wallet bigint, due bigint, prices_include_tax boolean)),
f AS (SELECT * FROM jsonb_to_record($6::jsonb) AS f(payment_method text, address jsonb, shipping_method jsonb, coupon jsonb,
                coupon_id bigint, buyer jsonb, seller jsonb, invoice_to jsonb, note text)),
o AS (
    INSERT INTO orders (id, number, customer_id, subtotal, discount, shipping, tax, total, wallet, due, prices_include_tax,
                        payment_method, address, shipping_method, coupon, coupon_id, buyer, seller, invoice_to, note, cart_id,
                        cart_version, fingerprint, expires_at)
    SELECT $1, order_number($1), $2, m.subtotal, m.discount, m.shipping, m.tax, m.total, m.wallet, m.due, m.prices_include_tax,
           f.payment_method, f.address, f.shipping_method, f.coupon, f.coupon_id, f.buyer, f.seller, f.invoice_to, f.note, $3, $4, $8,
           shop_now() + make_interval(mins => $9::int)
      FROM m, f RETURNING id, number),
l AS (SELECT * FROM jsonb_to_recordset($7::jsonb) AS l(line int, variant_id bigint, product_id bigint, product_slug text,
                sku text, goods_id text, title_fa text, title_en text, options jsonb, image text, returnable boolean, unit_price bigint,
                quantity int, line_subtotal bigint, discount bigint, tax_rate_bp int, tax bigint, line_total bigint)),
i AS (
    INSERT INTO order_items (order_id, line, variant_id, product_id, product_slug, sku, goods_id, title_fa, title_en, options, image,
                             returnable, unit_price, quantity, line_subtotal, discount, tax_rate_bp, tax, line_total, reserved)
    SELECT $1, l.line, l.variant_id, l.product_id, l.product_slug, l.sku, l.goods_id, l.title_fa, l.title_en, l.options,
           l.image, l.returnable, l.unit_price, l.quantity, l.line_subtotal, l.discount, l.tax_rate_bp, l.tax, l.line_total, l.quantity
      FROM l),
s AS (
    INSERT INTO stock_movements (variant_id, kind, reserved_delta, order_id)
    SELECT l.variant_id, 'reserve', l.quantity, $1 FROM l ORDER BY l.variant_id),
d AS (DELETE FROM cart_items WHERE cart_id = $3),
c AS (UPDATE carts SET version = version + 1, coupon_code = NULL, form = NULL, updated_at = shop_now() WHERE id = $3)
SELECT id, number FROM o

-- name: q_coupon_take :one (bigint coupon, bigint customer, bigint seq, bigint seq_limit, bigint order_id)
-- A coupon without a limit touches no shared row; a single-use code is named by its use, once.
WITH u AS (UPDATE coupons SET used = used + 1 WHERE id = $1 AND usage_limit IS NOT NULL)
INSERT INTO coupon_uses (coupon_id, customer_id, seq, seq_limit, order_id, code)
VALUES ($1, $2, $3::int, $4::int, $5,
        (SELECT n.code FROM orders o JOIN coupon_codes n ON n.coupon_id = $1 AND n.code = o.coupon ->> 'code' WHERE o.id = $5)) RETURNING seq

-- name: q_coupon_release :many (bigint order_id)
WITH gone AS (DELETE FROM coupon_uses WHERE order_id = $1 RETURNING coupon_id),
u AS (UPDATE coupons k SET used = used - 1 FROM gone WHERE k.id = gone.coupon_id AND k.usage_limit IS NOT NULL)
SELECT coupon_id FROM gone

-- name: q_preview_customer :opt (text phone)
SELECT id FROM customers WHERE phone = $1

-- name: q_preview_all_methods :exec ()
-- Inside a preview, which is rolled back.
UPDATE shipping_methods SET active = true WHERE NOT active
