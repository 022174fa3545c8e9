-- The proofs of `tarazu doctor` (src/shop/doctor.def). Every statement gives the rows that are wrong:
-- `what` names the thing, `detail` says what is there and what should be. No rows: all is well. They
-- only read, and all of them see one moment.

-- name: q_doctor_begin :exec ()
BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY

-- name: q_doctor_patience :exec ()
SET LOCAL statement_timeout = '10min'

-- name: q_doctor_now :one ()
SELECT rfc3339(shop_now()) AS at

-- Stock

-- name: q_doctor_stock_columns :many ()
SELECT format('variant %s (%s)', coalesce(s.variant_id, m.variant_id), v.sku) AS what,
       format('on_hand %s, reserved %s; movements add up to %s and %s', coalesce(s.on_hand::text, 'missing'),
              coalesce(s.reserved::text, 'missing'), coalesce(m.on_hand, 0), coalesce(m.reserved, 0)) AS detail
  FROM stock s
  FULL JOIN (SELECT variant_id, sum(on_hand_delta) AS on_hand, sum(reserved_delta) AS reserved
               FROM stock_movements GROUP BY variant_id) m ON m.variant_id = s.variant_id
  LEFT JOIN variants v ON v.id = coalesce(s.variant_id, m.variant_id)
 WHERE s.on_hand IS DISTINCT FROM coalesce(m.on_hand, 0) OR s.reserved IS DISTINCT FROM coalesce(m.reserved, 0)
 ORDER BY 1 LIMIT 200

-- name: q_doctor_stock_bounds :many ()
SELECT format('variant %s (%s)', s.variant_id, v.sku) AS what,
       format('on_hand %s, reserved %s', s.on_hand, s.reserved) AS detail
  FROM stock s LEFT JOIN variants v ON v.id = s.variant_id
 WHERE NOT (0 <= s.reserved AND s.reserved <= s.on_hand) ORDER BY s.variant_id LIMIT 200

-- name: q_doctor_stock_reserved :many ()
SELECT format('variant %s (%s)', coalesce(s.variant_id, i.variant_id), v.sku) AS what,
       format('stock says %s are reserved, orders say %s', coalesce(s.reserved, 0), coalesce(i.reserved, 0)) AS detail
  FROM stock s
  FULL JOIN (SELECT variant_id, sum(reserved) AS reserved FROM order_items GROUP BY variant_id) i
       ON i.variant_id = s.variant_id
  LEFT JOIN variants v ON v.id = coalesce(s.variant_id, i.variant_id)
 WHERE coalesce(s.reserved, 0) <> coalesce(i.reserved, 0) ORDER BY 1 LIMIT 200

-- name: q_doctor_stock_orders :many ()
-- What the movements of an order did to a variant is what its lines tell.
SELECT format('order %s, variant %s', coalesce(o.number, 'that does not exist'), coalesce(m.variant_id, i.variant_id)) AS what,
       format('movements: reserved %s, shipped %s, restocked %s; lines: reserved %s, shipped %s, returned %s',
              coalesce(m.reserved, 0), coalesce(m.shipped, 0), coalesce(m.restocked, 0),
              coalesce(i.reserved, 0), coalesce(i.shipped, 0), coalesce(i.returned, 0)) AS detail
  FROM (SELECT order_id, variant_id, sum(reserved_delta) AS reserved,
               -coalesce(sum(on_hand_delta) FILTER (WHERE kind = 'ship'), 0) AS shipped,
               coalesce(sum(on_hand_delta) FILTER (WHERE kind = 'restock'), 0) AS restocked
          FROM stock_movements WHERE order_id IS NOT NULL GROUP BY order_id, variant_id) m
  FULL JOIN (SELECT order_id, variant_id, sum(reserved) AS reserved, sum(shipped) AS shipped, sum(returned) AS returned
               FROM order_items GROUP BY order_id, variant_id) i
       ON i.order_id = m.order_id AND i.variant_id = m.variant_id
  LEFT JOIN orders o ON o.id = coalesce(m.order_id, i.order_id)
 WHERE coalesce(m.reserved, 0) <> coalesce(i.reserved, 0) OR coalesce(m.shipped, 0) <> coalesce(i.shipped, 0)
    OR coalesce(m.restocked, 0) > coalesce(i.returned, 0)
 ORDER BY 1 LIMIT 200

-- name: q_doctor_line_units :many ()
SELECT format('order %s, line %s (%s)', o.number, i.line, i.sku) AS what,
       format('quantity %s; reserved %s, shipped %s, canceled %s, returned %s', i.quantity, i.reserved, i.shipped,
              i.canceled, i.returned) AS detail
  FROM order_items i LEFT JOIN orders o ON o.id = i.order_id
 WHERE i.quantity <> i.reserved + i.shipped + i.canceled OR i.quantity <= 0 OR i.reserved < 0 OR i.shipped < 0
    OR i.canceled < 0 OR i.returned NOT BETWEEN 0 AND i.shipped
 ORDER BY i.id LIMIT 200

-- name: q_doctor_order_units :many ()
-- Where the units of an order are is what its state says: nobody sold what nobody set aside.
SELECT format('order %s (%s)', o.number, o.status) AS what,
       format('units %s: reserved %s, shipped %s, canceled %s, returned %s', u.quantity, u.reserved, u.shipped, u.canceled,
              u.returned) AS detail
  FROM orders o
  CROSS JOIN LATERAL (SELECT coalesce(sum(quantity), 0) AS quantity, coalesce(sum(reserved), 0) AS reserved,
                             coalesce(sum(shipped), 0) AS shipped, coalesce(sum(canceled), 0) AS canceled,
                             coalesce(sum(returned), 0) AS returned
                        FROM order_items i WHERE i.order_id = o.id) u
 WHERE CASE o.status
       WHEN 'pending' THEN u.quantity = 0 OR u.reserved <> u.quantity
       WHEN 'paid' THEN u.reserved = 0 OR u.shipped > 0
       WHEN 'processing' THEN u.reserved = 0
       WHEN 'shipped' THEN u.reserved > 0 OR u.shipped = 0
       WHEN 'delivered' THEN u.reserved > 0 OR u.shipped = 0
       WHEN 'returned' THEN u.reserved > 0 OR u.shipped = 0 OR u.returned <> u.shipped
       WHEN 'canceled' THEN u.reserved > 0 OR u.shipped > 0
       ELSE true END
 ORDER BY o.id LIMIT 200

-- name: q_doctor_parcels :many ()
SELECT format('order %s, line %s (%s)', o.number, i.line, i.sku) AS what,
       format('%s units shipped, parcels hold %s', i.shipped, coalesce(n.quantity, 0)) AS detail
  FROM order_items i
  LEFT JOIN (SELECT n.item_id, sum(n.quantity) AS quantity FROM shipment_items n
               JOIN shipments s ON s.id = n.shipment_id AND s.status <> 'prepared' GROUP BY n.item_id) n ON n.item_id = i.id
  LEFT JOIN orders o ON o.id = i.order_id
 WHERE i.shipped <> coalesce(n.quantity, 0) ORDER BY i.id LIMIT 200

-- name: q_doctor_came_back :many ()
SELECT format('order %s, line %s (%s)', o.number, i.line, i.sku) AS what,
       format('%s units returned; parcels and returns received %s, %s of them whole; restocked %s', i.returned,
              b.restocked + b.written_off, b.restocked, m.restocked) AS detail
  FROM order_items i JOIN orders o ON o.id = i.order_id
  CROSS JOIN LATERAL (
       SELECT coalesce(sum(restocked), 0) AS restocked, coalesce(sum(written_off), 0) AS written_off
         FROM (SELECT n.restocked, n.written_off FROM shipment_items n WHERE n.item_id = i.id
               UNION ALL SELECT l.restocked, l.written_off FROM return_lines l WHERE l.item_id = i.id) x) b
  CROSS JOIN LATERAL (SELECT coalesce(sum(s.on_hand_delta), 0) AS restocked FROM stock_movements s
                       WHERE s.order_id = i.order_id AND s.variant_id = i.variant_id AND s.kind = 'restock') m
 WHERE i.returned <> b.restocked + b.written_off OR m.restocked <> b.restocked
 ORDER BY i.id LIMIT 200

-- name: q_doctor_returns :many ()
SELECT * FROM (
    SELECT format('order %s, line %s (%s)', o.number, i.line, i.sku) AS what,
           format('%s units arrived, returns ask for or have received %s', a.units, a.back) AS detail
      FROM order_items i JOIN orders o ON o.id = i.order_id
      CROSS JOIN LATERAL (
           SELECT coalesce((SELECT sum(n.quantity) FROM shipment_items n JOIN shipments s ON s.id = n.shipment_id
                             WHERE n.item_id = i.id AND s.status = 'delivered'), 0) AS units,
                  coalesce((SELECT sum(CASE WHEN r.status IN ('requested', 'approved') THEN l.quantity ELSE l.restocked + l.written_off END)
                              FROM return_lines l JOIN returns r ON r.id = l.return_id WHERE l.item_id = i.id), 0) AS back) a
     WHERE a.back > a.units
    UNION ALL
    SELECT format('return %s', r.uuid),
           format('%s, %s units received, refund %s', r.status, l.units, coalesce(r.refund_id::text, 'none'))
      FROM returns r
      CROSS JOIN LATERAL (SELECT coalesce(sum(restocked + written_off), 0) AS units FROM return_lines WHERE return_id = r.id) l
     WHERE (r.status IN ('requested', 'approved', 'refused') AND l.units > 0) OR (r.status IN ('received', 'refunded') AND l.units = 0)
        OR (r.status = 'refunded') <> (r.refund_id IS NOT NULL)
    UNION ALL
    SELECT format('return %s', r.uuid), format('of order %s of customer %s, belongs to %s', o.number, o.customer_id, r.customer_id)
      FROM returns r JOIN orders o ON o.id = r.order_id WHERE r.customer_id <> o.customer_id) x
 ORDER BY 1 LIMIT 200

-- name: q_doctor_parcel_states :many ()
-- An order ends when all its parcels have: delivered when one arrived, returned when none did.
SELECT format('order %s (%s)', o.number, o.status) AS what,
       format('parcels: %s delivered, %s on their way, %s came back or were lost', s.delivered, s.moving, s.back) AS detail
  FROM orders o
  CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE status = 'delivered') AS delivered,
                             count(*) FILTER (WHERE status IN ('prepared', 'shipped', 'failed')) AS moving,
                             count(*) FILTER (WHERE status IN ('returned_to_sender', 'lost')) AS back
                        FROM shipments s WHERE s.order_id = o.id) s
 WHERE (o.status = 'delivered' AND (s.delivered = 0 OR s.moving > 0))
    OR (o.status = 'returned' AND (s.delivered > 0 OR s.moving > 0))
    OR (o.status IN ('pending', 'paid', 'canceled') AND s.delivered + s.moving + s.back > 0)
 ORDER BY o.id LIMIT 200

-- name: q_doctor_sold_counts :many ()
SELECT format('product %s', p.slug) AS what,
       format('sold_count %s, orders say %s', p.sold_count, coalesce(s.units, 0)) AS detail
  FROM products p
  LEFT JOIN (SELECT i.product_id, sum(i.shipped) AS units FROM order_items i JOIN orders o ON o.id = i.order_id
              WHERE o.status IN ('shipped', 'delivered', 'returned') GROUP BY i.product_id) s ON s.product_id = p.id
 WHERE p.sold_count <> coalesce(s.units, 0) ORDER BY p.id LIMIT 200

-- name: q_doctor_ratings :many ()
SELECT format('product %s', p.slug) AS what,
       format('rating_sum %s of %s reviews, approved are %s of %s', p.rating_sum, p.review_count, coalesce(r.stars, 0), coalesce(r.n, 0)) AS detail
  FROM products p
  LEFT JOIN (SELECT product_id, sum(rating) AS stars, count(*) AS n FROM reviews WHERE status = 'approved' GROUP BY product_id) r
    ON r.product_id = p.id
 WHERE p.rating_sum <> coalesce(r.stars, 0) OR p.review_count <> coalesce(r.n, 0) ORDER BY p.id LIMIT 200

-- Coupons

-- name: q_doctor_coupon_used :many ()
SELECT format('coupon %s', k.code) AS what,
       format('used %s of %s, orders that hold it: %s', k.used, coalesce(k.usage_limit::text, 'no limit'), n.uses) AS detail
  FROM coupons k
  CROSS JOIN LATERAL (SELECT count(*) AS uses FROM coupon_uses u WHERE u.coupon_id = k.id) n
 WHERE k.used < 0 OR (k.usage_limit IS NOT NULL AND (k.used <> n.uses OR k.used > k.usage_limit))
 ORDER BY k.id LIMIT 200

-- name: q_doctor_coupon_customers :many ()
SELECT format('coupon %s, customer %s', coalesce(k.code, u.coupon_id::text), u.customer_id) AS what,
       format('use %s of at most %s, by order %s', u.seq, coalesce(u.seq_limit::text, 'any number'), u.order_id) AS detail
  FROM coupon_uses u LEFT JOIN coupons k ON k.id = u.coupon_id
 WHERE u.seq < 1 OR u.seq > u.seq_limit
    OR EXISTS (SELECT 1 FROM coupon_uses d WHERE d.coupon_id = u.coupon_id AND d.customer_id = u.customer_id
                  AND d.seq = u.seq AND d.order_id <> u.order_id)
 ORDER BY 1, u.seq LIMIT 200

-- name: q_doctor_coupon_orders :many ()
-- An order with a coupon holds one use of it until it is canceled, and nobody else does.
SELECT format('order %s (%s)', coalesce(o.number, 'that does not exist'), o.status) AS what,
       format('its coupon: %s; its use: coupon %s, customer %s', coalesce(o.coupon_id::text, 'none'),
              coalesce(u.coupon_id::text, 'none'), coalesce(u.customer_id::text, 'none')) AS detail
  FROM coupon_uses u
  FULL JOIN orders o ON o.id = u.order_id
 WHERE (u.order_id IS NOT NULL AND (o.id IS NULL OR o.status = 'canceled' OR o.coupon_id IS DISTINCT FROM u.coupon_id
                                    OR o.customer_id <> u.customer_id))
    OR (u.order_id IS NULL AND o.coupon_id IS NOT NULL AND o.status <> 'canceled')
 ORDER BY 1 LIMIT 200

-- name: q_doctor_coupon_codes :many ()
SELECT format('coupon %s, code %s', coalesce(k.code, u.coupon_id::text), coalesce(u.code, 'none')) AS what,
       format('used by order %s; %s', u.order_id, CASE WHEN n.code IS NULL THEN 'not a code of this coupon' ELSE 'used twice' END) AS detail
  FROM coupon_uses u
  LEFT JOIN coupons k ON k.id = u.coupon_id
  LEFT JOIN coupon_codes n ON n.coupon_id = u.coupon_id AND n.code = u.code
 WHERE (coalesce(k.bulk, false) OR u.code IS NOT NULL)
   AND (n.code IS NULL OR EXISTS (SELECT 1 FROM coupon_uses d WHERE d.code = u.code AND d.order_id <> u.order_id))
 ORDER BY 1 LIMIT 200

-- Orders

-- name: q_doctor_order_totals :many ()
SELECT format('order %s', number) AS what,
       format('subtotal %s, discount %s, shipping %s, tax %s (%s), total %s, wallet %s, due %s', subtotal, discount, shipping,
              tax, CASE WHEN prices_include_tax THEN 'inside' ELSE 'added' END, total, wallet, due) AS detail
  FROM orders
 WHERE total <> subtotal - discount + shipping + CASE WHEN prices_include_tax THEN 0 ELSE tax END
    OR due <> total - wallet OR least(subtotal, discount, shipping, tax, total, wallet, due) < 0 OR discount > subtotal
 ORDER BY id LIMIT 200

-- name: q_doctor_order_lines :many ()
SELECT format('order %s', o.number) AS what,
       format('lines: subtotal %s, discount %s, tax %s, total %s; order: %s, %s, %s, %s without shipping', l.subtotal, l.discount,
              l.tax, l.total, o.subtotal, o.discount, o.tax, o.total - o.shipping) AS detail
  FROM orders o
  CROSS JOIN LATERAL (SELECT coalesce(sum(line_subtotal), 0) AS subtotal, coalesce(sum(discount), 0) AS discount,
                             coalesce(sum(tax), 0) AS tax, coalesce(sum(line_total), 0) AS total
                        FROM order_items i WHERE i.order_id = o.id) l
 WHERE l.subtotal <> o.subtotal OR l.discount <> o.discount OR l.tax <> o.tax OR l.total + o.shipping <> o.total
 ORDER BY o.id LIMIT 200

-- name: q_doctor_line_figures :many ()
-- A line is quantity × price, less its discount, with the tax of its rate rounded half up.
SELECT format('order %s, line %s (%s)', o.number, i.line, i.sku) AS what,
       format('%s × %s = %s, discount %s, tax %s at %s bp (%s), total %s', i.quantity, i.unit_price, i.line_subtotal, i.discount,
              i.tax, i.tax_rate_bp, CASE WHEN o.prices_include_tax THEN 'inside' ELSE 'added' END, i.line_total) AS detail
  FROM order_items i JOIN orders o ON o.id = i.order_id
  CROSS JOIN LATERAL (SELECT (i.line_subtotal - i.discount)::numeric AS net) n
  CROSS JOIN LATERAL (SELECT CASE WHEN o.prices_include_tax
                                  THEN n.net - div(2 * n.net * 10000 + 10000 + i.tax_rate_bp, 2 * (10000 + i.tax_rate_bp)::numeric)
                                  ELSE div(2 * n.net * i.tax_rate_bp + 10000, 20000) END AS tax) t
 WHERE i.line_subtotal <> i.unit_price::numeric * i.quantity OR i.discount NOT BETWEEN 0 AND i.line_subtotal OR i.unit_price < 0
    OR i.tax <> t.tax OR i.line_total <> n.net + CASE WHEN o.prices_include_tax THEN 0 ELSE t.tax END
 ORDER BY i.id LIMIT 200

-- name: q_doctor_order_history :many ()
-- The history is one unbroken legal path from placement to the present state.
WITH path AS (
    SELECT e.*, lag(to_state) OVER w AS before, row_number() OVER w AS step, count(*) OVER (PARTITION BY order_id) AS steps
      FROM order_events e WINDOW w AS (PARTITION BY order_id ORDER BY id))
SELECT format('order %s', coalesce(o.number, 'that does not exist')) AS what,
       format('state %s, version %s; %s', o.status, o.version,
              CASE WHEN p.id IS NULL THEN 'no history'
                   ELSE format('step %s of %s: %s --%s--> %s', p.step, p.steps, coalesce(p.from_state, 'nothing'), p.event, p.to_state)
              END) AS detail
  FROM orders o FULL JOIN path p ON p.order_id = o.id
 WHERE o.id IS NULL OR p.id IS NULL
    OR coalesce(p.from_state, '') <> coalesce(p.before, '')
    OR NOT EXISTS (SELECT 1 FROM transitions t WHERE t.machine = 'order' AND t.from_state = coalesce(p.from_state, '')
                      AND t.event = p.event AND t.to_state = p.to_state)
    OR (p.step = p.steps AND (p.to_state <> o.status OR p.event <> o.event OR p.steps <> o.version))
 ORDER BY o.id, p.step LIMIT 200

-- Money

-- name: q_doctor_payment_history :many ()
WITH path AS (
    SELECT e.*, lag(to_state) OVER w AS before, row_number() OVER w AS step, count(*) OVER (PARTITION BY payment_id) AS steps
      FROM payment_events e WINDOW w AS (PARTITION BY payment_id ORDER BY id))
SELECT format('payment %s', coalesce(y.uuid::text, 'that does not exist')) AS what,
       format('state %s, version %s; %s', y.status, y.version,
              CASE WHEN p.id IS NULL THEN 'no history'
                   ELSE format('step %s of %s: %s --%s--> %s', p.step, p.steps, coalesce(p.from_state, 'nothing'), p.event, p.to_state)
              END) AS detail
  FROM payments y FULL JOIN path p ON p.payment_id = y.id
 WHERE y.id IS NULL OR p.id IS NULL
    OR coalesce(p.from_state, '') <> coalesce(p.before, '')
    OR NOT EXISTS (SELECT 1 FROM transitions t WHERE t.machine = 'payment' AND t.from_state = coalesce(p.from_state, '')
                      AND t.event = p.event AND t.to_state = p.to_state)
    OR (p.step = p.steps AND (p.to_state <> y.status OR p.event <> y.event OR p.steps <> y.version))
 ORDER BY y.id, p.step LIMIT 200

-- name: q_doctor_payment_sums :many ()
SELECT format('payment %s of order %s', p.uuid, coalesce(o.number, '(top-up)')) AS what,
       format('%s: amount %s, captured %s, promised back %s, received %s rial', p.status, p.amount, p.captured, p.refund_committed,
              p.received_rial) AS detail
  FROM payments p LEFT JOIN orders o ON o.id = p.order_id
 WHERE p.amount <= 0 OR p.captured <> CASE WHEN p.status = 'captured' THEN p.amount ELSE 0 END
    OR p.refund_committed NOT BETWEEN 0 AND p.captured OR p.received_rial < 0
    OR (p.method = 'gateway' AND p.status = 'captured' AND p.received_rial <> p.amount * 10)
 ORDER BY p.id LIMIT 200

-- name: q_doctor_payment_refunds :many ()
SELECT format('payment %s of order %s', p.uuid, coalesce(o.number, '(top-up)')) AS what,
       format('promised back %s, its refunds are %s', p.refund_committed, coalesce(r.amount, 0)) AS detail
  FROM payments p
  LEFT JOIN (SELECT payment_id, sum(amount) AS amount FROM refunds WHERE currency = 'IRT' AND status <> 'refused' GROUP BY payment_id) r ON r.payment_id = p.id
  LEFT JOIN orders o ON o.id = p.order_id
 WHERE p.refund_committed <> coalesce(r.amount, 0) ORDER BY p.id LIMIT 200

-- name: q_doctor_single_capture :many ()
SELECT format('order %s', o.number) AS what,
       format('%s payments of it count: %s', count(*), string_agg(p.uuid::text, ', ' ORDER BY p.id)) AS detail
  FROM payments p JOIN orders o ON o.id = p.order_id
 WHERE p.status = 'captured' AND p.method <> 'wallet'
 GROUP BY o.id, o.number HAVING count(*) > 1 ORDER BY o.id LIMIT 200

-- name: q_doctor_order_money :many ()
-- A paid order has brought its total, an unpaid one nothing; goods leave unpaid only against cash on
-- delivery, which brings the share of what arrived, and the shipping.
SELECT format('order %s (%s)', o.number, o.status) AS what,
       format('total %s, captured %s, %s', o.total, c.captured,
              CASE WHEN o.paid_at IS NULL THEN 'never paid' ELSE 'paid' END) AS detail
  FROM orders o
  CROSS JOIN LATERAL (SELECT coalesce(sum(captured), 0) AS captured FROM payments p WHERE p.order_id = o.id) c
  CROSS JOIN LATERAL (SELECT o.shipping + sum(div(2 * i.line_total::numeric * n.units + i.quantity, 2 * i.quantity::numeric)) AS amount
                        FROM order_items i
                        JOIN (SELECT n.item_id, sum(n.quantity) AS units FROM shipment_items n
                                JOIN shipments s ON s.id = n.shipment_id AND s.status = 'delivered' GROUP BY n.item_id) n ON n.item_id = i.id
                       WHERE i.order_id = o.id) arrived
 WHERE CASE WHEN o.payment_method = 'cod'
            THEN c.captured <> CASE WHEN o.status = 'delivered' THEN coalesce(arrived.amount, 0) ELSE 0 END OR o.status = 'paid'
            WHEN o.paid_at IS NOT NULL THEN c.captured <> o.total OR o.status = 'pending'
            ELSE c.captured <> 0 OR o.status NOT IN ('pending', 'canceled') END
 ORDER BY o.id LIMIT 200

-- name: q_doctor_canceled_money :many ()
SELECT format('order %s (%s)', o.number, o.status) AS what,
       format('captured %s, promised back %s', c.captured, c.committed) AS detail
  FROM orders o
  CROSS JOIN LATERAL (SELECT coalesce(sum(captured), 0) AS captured, coalesce(sum(refund_committed), 0) AS committed
                        FROM payments p WHERE p.order_id = o.id) c
 WHERE o.status IN ('canceled', 'returned') AND c.captured <> c.committed ORDER BY o.id LIMIT 200

-- name: q_doctor_suspense :many ()
-- Money that fitted nothing is kept as it came and is on its way home.
SELECT format('payment %s', p.uuid) AS what,
       format('%s: received %s rial, refunds of it %s rial', p.status, p.received_rial, coalesce(r.amount, 0)) AS detail
  FROM payments p
  LEFT JOIN (SELECT payment_id, sum(amount) AS amount FROM refunds WHERE currency = 'IRR' GROUP BY payment_id) r ON r.payment_id = p.id
 WHERE coalesce(r.amount, 0) <> CASE WHEN p.status = 'suspense' THEN p.received_rial ELSE 0 END
 ORDER BY p.id LIMIT 200

-- name: q_doctor_line_refunds :many ()
-- n units of a line give back exactly their share of what was paid for it.
SELECT format('order %s, line %s (%s)', o.number, i.line, i.sku) AS what,
       format('%s of %s units refunded with %s of %s; refunds name %s units and %s', i.refunded_quantity, i.quantity,
              i.refunded_amount, i.line_total, coalesce(r.quantity, 0), coalesce(r.amount, 0)) AS detail
  FROM order_items i
  LEFT JOIN (SELECT l.item_id, sum(l.quantity) AS quantity, sum(l.amount) AS amount FROM refund_lines l
               JOIN refunds f ON f.id = l.refund_id AND f.status <> 'refused' GROUP BY item_id) r ON r.item_id = i.id
  LEFT JOIN orders o ON o.id = i.order_id
 WHERE i.refunded_quantity NOT BETWEEN 0 AND i.quantity
    OR i.refunded_amount <> div(2 * i.line_total::numeric * i.refunded_quantity + i.quantity, 2 * i.quantity::numeric)
    OR coalesce(r.quantity, 0) > i.refunded_quantity OR coalesce(r.amount, 0) > i.refunded_amount
 ORDER BY i.id LIMIT 200

-- name: q_doctor_wallet_columns :many ()
SELECT format('wallet of customer %s', coalesce(w.customer_id, m.customer_id)) AS what,
       format('balance %s, held %s; movements add up to %s and %s', coalesce(w.balance::text, 'missing'),
              coalesce(w.held::text, 'missing'), coalesce(m.balance, 0), coalesce(m.held, 0)) AS detail
  FROM wallets w
  FULL JOIN (SELECT customer_id, sum(balance_delta) AS balance, sum(held_delta) AS held FROM wallet_movements GROUP BY customer_id) m
       ON m.customer_id = w.customer_id
 WHERE w.balance IS DISTINCT FROM coalesce(m.balance, 0) OR w.held IS DISTINCT FROM coalesce(m.held, 0)
    OR NOT (0 <= w.held AND w.held <= w.balance)
 ORDER BY 1 LIMIT 200

-- name: q_doctor_wallet_held :many ()
SELECT format('wallet of customer %s', coalesce(w.customer_id, p.customer_id)) AS what,
       format('held %s, open wallet payments %s', coalesce(w.held, 0), coalesce(p.amount, 0)) AS detail
  FROM wallets w
  FULL JOIN (SELECT customer_id, sum(amount) AS amount FROM payments WHERE method = 'wallet' AND status = 'created'
              GROUP BY customer_id) p ON p.customer_id = w.customer_id
 WHERE coalesce(w.held, 0) <> coalesce(p.amount, 0) ORDER BY 1 LIMIT 200

-- name: q_doctor_wallet_payments :many ()
-- The movements of each wallet payment are those of its state; a refund to the wallet credits once.
SELECT format('wallet payment %s', p.uuid) AS what,
       format('%s, amount %s; its movements: held %s, taken %s', p.status, p.amount, coalesce(m.held, 0), coalesce(m.taken, 0)) AS detail
  FROM payments p
  LEFT JOIN (SELECT payment_id, sum(held_delta) AS held, -sum(balance_delta) AS taken FROM wallet_movements
              WHERE kind IN ('hold', 'release', 'capture') GROUP BY payment_id) m ON m.payment_id = p.id
 WHERE p.method = 'wallet'
   AND (coalesce(m.held, 0) <> CASE WHEN p.status = 'created' THEN p.amount ELSE 0 END
        OR coalesce(m.taken, 0) <> CASE WHEN p.status = 'captured' THEN p.amount ELSE 0 END)
UNION ALL
SELECT format('refund %s to the wallet', r.uuid),
       format('%s, amount %s; credited %s', r.status, r.amount, coalesce(m.amount, 0))
  FROM refunds r
  LEFT JOIN (SELECT refund_id, sum(balance_delta) AS amount FROM wallet_movements WHERE kind = 'refund' GROUP BY refund_id) m
       ON m.refund_id = r.id
 WHERE coalesce(m.amount, 0) <> CASE WHEN r.target = 'wallet' AND r.status = 'done' THEN r.amount ELSE 0 END
UNION ALL
SELECT format('top-up %s', p.uuid), format('%s, amount %s; credited %s', p.status, p.amount, coalesce(m.amount, 0))
  FROM payments p
  LEFT JOIN (SELECT payment_id, sum(balance_delta) AS amount FROM wallet_movements WHERE kind = 'topup' GROUP BY payment_id) m
       ON m.payment_id = p.id
 WHERE p.order_id IS NULL AND coalesce(m.amount, 0) <> p.captured
 ORDER BY 1 LIMIT 200

-- Books

-- name: q_doctor_ledger_zero :many ()
SELECT format('ledger transaction %s (%s)', t.id, t.event) AS what,
       CASE WHEN e.currency IS NULL THEN 'has no entries' ELSE format('off by %s %s', sum(e.amount), e.currency) END AS detail
  FROM ledger_transactions t LEFT JOIN ledger_entries e ON e.transaction_id = t.id
 GROUP BY t.id, t.event, e.currency HAVING sum(e.amount) IS DISTINCT FROM 0
UNION ALL
SELECT format('all of %s', e.currency), format('the books are off by %s', sum(e.amount))
  FROM ledger_entries e GROUP BY e.currency HAVING sum(e.amount) <> 0
 ORDER BY 1 LIMIT 200

-- name: q_doctor_ledger_receivable :many ()
SELECT format('order %s', coalesce(o.number, 'none')) AS what, format('receivable is %s %s instead of 0', sum(e.amount), e.currency) AS detail
  FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id LEFT JOIN orders o ON o.id = t.order_id
 WHERE e.account = 'receivable'
 GROUP BY o.id, o.number, e.currency HAVING sum(e.amount) <> 0 ORDER BY o.id LIMIT 200

-- name: q_doctor_ledger_captures :many ()
-- An order that was paid is booked once, with its own figures; one that was not is not booked.
WITH booked AS (
    SELECT t.order_id, count(DISTINCT t.id) AS n,
           coalesce(sum(e.amount) FILTER (WHERE e.account IN ('gateway_clearing', 'bank', 'courier')), 0) AS other,
           coalesce(sum(e.amount) FILTER (WHERE e.account = 'wallet'), 0) AS wallet,
           -coalesce(sum(e.amount) FILTER (WHERE e.account = 'sales'), 0) AS sales,
           -coalesce(sum(e.amount) FILTER (WHERE e.account = 'tax'), 0) AS tax,
           -coalesce(sum(e.amount) FILTER (WHERE e.account = 'shipping'), 0) AS shipping,
           coalesce(sum(e.amount) FILTER (WHERE e.account = 'discounts'), 0) AS discounts
      FROM ledger_transactions t LEFT JOIN ledger_entries e ON e.transaction_id = t.id AND e.currency = 'IRT'
     WHERE t.event = 'capture' GROUP BY t.order_id)
SELECT format('order %s', coalesce(o.number, 'none')) AS what,
       format('captured %s and %s from the wallet; booked %s times: %s, %s; sales %s, tax %s, shipping %s, discounts %s',
              c.other, c.wallet, coalesce(b.n, 0), coalesce(b.other, 0), coalesce(b.wallet, 0), coalesce(b.sales, 0),
              coalesce(b.tax, 0), coalesce(b.shipping, 0), coalesce(b.discounts, 0)) AS detail
  FROM orders o
  CROSS JOIN LATERAL (SELECT coalesce(sum(captured) FILTER (WHERE method <> 'wallet'), 0) AS other,
                             coalesce(sum(captured) FILTER (WHERE method = 'wallet'), 0) AS wallet
                        FROM payments p WHERE p.order_id = o.id) c
  FULL JOIN booked b ON b.order_id = o.id
 WHERE o.id IS NULL OR c.other <> coalesce(b.other, 0) OR c.wallet <> coalesce(b.wallet, 0)
    OR (c.other + c.wallet > 0 AND coalesce(b.n, 0) = 0)
    OR (o.payment_method IS DISTINCT FROM 'cod' AND coalesce(b.n, 0) > 1)
    OR (o.payment_method IS DISTINCT FROM 'cod' AND b.n = 1
        AND (b.sales <> o.subtotal - CASE WHEN o.prices_include_tax THEN o.tax ELSE 0 END OR b.tax <> o.tax
             OR b.shipping <> o.shipping OR b.discounts <> o.discount))
 ORDER BY o.id LIMIT 200

-- name: q_doctor_ledger_topups :many ()
SELECT format('top-up %s', p.uuid) AS what,
       format('captured %s, booked %s', p.captured, coalesce(b.amount, 0)) AS detail
  FROM payments p
  LEFT JOIN (SELECT t.payment_id, -sum(e.amount) AS amount FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id
              WHERE t.event = 'topup' AND e.account = 'wallet' GROUP BY t.payment_id) b ON b.payment_id = p.id
 WHERE p.order_id IS NULL AND p.captured <> coalesce(b.amount, 0) ORDER BY p.id LIMIT 200

-- name: q_doctor_ledger_wallet :many ()
SELECT 'account wallet' AS what, format('the books owe customers %s, their wallets hold %s', -l.amount, w.balance) AS detail
  FROM (SELECT coalesce(sum(amount), 0) AS amount FROM ledger_entries WHERE account = 'wallet' AND currency = 'IRT') l,
       (SELECT coalesce(sum(balance), 0) AS balance FROM wallets) w
 WHERE -l.amount <> w.balance

-- name: q_doctor_ledger_refunds :many ()
-- What a refund owes is payable from the moment it counts until it is done.
SELECT format('refund %s', coalesce(r.uuid::text, b.refund_id::text, 'none')) AS what,
       format('%s, %s %s; payable in the books: %s', r.status, r.amount, r.currency, -coalesce(b.amount, 0)) AS detail
  FROM refunds r
  FULL JOIN (SELECT t.refund_id, e.currency, sum(e.amount) AS amount FROM ledger_entries e
               JOIN ledger_transactions t ON t.id = e.transaction_id
              WHERE e.account = 'refunds_payable' GROUP BY t.refund_id, e.currency) b
       ON b.refund_id = r.id AND b.currency = r.currency
 WHERE r.id IS NULL OR -coalesce(b.amount, 0) <> CASE WHEN r.status IN ('done', 'awaiting_approval', 'refused') THEN 0 ELSE r.amount END
    OR EXISTS (SELECT 1 FROM ledger_transactions t WHERE t.refund_id = r.id AND t.event IN ('refund', 'suspense_refund'))
       = (r.status IN ('awaiting_approval', 'refused'))
 ORDER BY r.id LIMIT 200

-- name: q_doctor_refund_ways :many ()
-- What the bank accepted and did not send back left the shop by its gateway, and nothing else did.
SELECT format('refund %s', r.uuid) AS what,
       format('%s by %s, %s %s%s%s; booked to the gateway: %s', r.status, r.event, r.amount, r.currency,
              CASE WHEN r.settled_at IS NOT NULL THEN ', paid out' ELSE '' END, CASE WHEN r.ask_at IS NOT NULL THEN ', asked about' ELSE '' END,
              -coalesce(b.amount, 0)) AS detail
  FROM refunds r
  LEFT JOIN (SELECT t.refund_id, sum(e.amount) AS amount FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
              WHERE e.account = 'gateway_clearing' AND t.event IN ('refund_to_gateway', 'suspense_to_gateway', 'refund_bounced')
              GROUP BY t.refund_id) b ON b.refund_id = r.id
 WHERE -coalesce(b.amount, 0) <> CASE WHEN r.status = 'done' AND r.event = 'complete' THEN r.amount ELSE 0 END
    OR ((r.settled_at IS NOT NULL OR r.ask_at IS NOT NULL) AND NOT (r.status = 'done' AND r.event = 'complete'))
    OR (r.settled_at IS NOT NULL AND r.ask_at IS NOT NULL)
 ORDER BY r.id LIMIT 200

-- name: q_doctor_settlements :many ()
-- A row that was posted moved its sum from the gateway's account to the bank's, with its fee; nothing else did.
WITH booked AS (
    SELECT t.payment_id, t.refund_id,
           coalesce(sum(abs(e.amount) * CASE e.currency WHEN 'IRT' THEN 10 ELSE 1 END) FILTER (WHERE e.account = 'gateway_clearing'), 0) AS amount,
           coalesce(sum(e.amount * CASE e.currency WHEN 'IRT' THEN 10 ELSE 1 END) FILTER (WHERE e.account = 'fees'), 0) AS fee
      FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id
     WHERE t.event IN ('settlement', 'settlement_refund', 'fee') GROUP BY t.payment_id, t.refund_id)
SELECT CASE WHEN r.line IS NULL THEN format('payment %s, refund %s', b.payment_id, coalesce(b.refund_id::text, 'none'))
            ELSE format('settlement %s, line %s', f.uuid, r.line) END AS what,
       format('posted %s rial with a fee of %s; booked %s and %s; the books expect %s', coalesce(r.amount, 0), coalesce(r.fee, 0),
              coalesce(b.amount, 0), coalesce(b.fee, 0), coalesce(i.rial::text, 'nothing')) AS detail
  FROM (SELECT * FROM settlement_rows WHERE posted_at IS NOT NULL) r
  FULL JOIN booked b ON b.payment_id = r.payment_id AND b.refund_id IS NOT DISTINCT FROM r.refund_id
  LEFT JOIN settlements f ON f.id = r.settlement_id
  LEFT JOIN gateway_items i ON i.payment_id = r.payment_id AND i.refund_id IS NOT DISTINCT FROM r.refund_id
 WHERE r.line IS NULL OR b.payment_id IS NULL OR b.amount <> r.amount OR b.fee <> r.fee OR i.rial IS DISTINCT FROM r.amount
 ORDER BY 1 LIMIT 200

-- name: q_doctor_refund_people :many ()
-- Who asks is not who approves, and at most one request of an order waits.
SELECT format('refund %s', r.uuid) AS what, format('asked and approved by %s', coalesce(r.asked_name, r.asked_by::text)) AS detail
  FROM refunds r WHERE r.status <> 'refused' AND r.decided_by = r.asked_by
UNION ALL
SELECT format('order %s', o.number), format('%s requests wait for a second person', count(DISTINCT coalesce(r.batch_id, r.id)))
  FROM refunds r JOIN orders o ON o.id = r.order_id WHERE r.status = 'awaiting_approval'
 GROUP BY o.id, o.number HAVING count(DISTINCT coalesce(r.batch_id, r.id)) > 1
UNION ALL
SELECT format('refund %s', r.uuid), format('%s, gives %s of %s', r.status, r.lines_net + r.lines_tax + r.shipping + r.allowance, r.amount)
  FROM refunds r WHERE r.status = 'awaiting_approval' AND r.lines_net + r.lines_tax + r.shipping + r.allowance <> r.amount
 ORDER BY 1 LIMIT 200

-- name: q_doctor_ledger_suspense :many ()
SELECT format('payment %s', coalesce(p.uuid::text, 'none')) AS what,
       format('%s, received %s rial; booked into suspense %s, still there %s', p.status, p.received_rial, b.came, b.amount) AS detail
  FROM payments p
  FULL JOIN (SELECT t.payment_id, sum(e.amount) AS amount,
                    coalesce(-sum(e.amount) FILTER (WHERE t.event = 'suspense_in'), 0) AS came
               FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
              WHERE e.account = 'suspense' GROUP BY t.payment_id) b ON b.payment_id = p.id
 WHERE p.id IS NULL OR coalesce(b.came, 0) <> CASE WHEN p.status = 'suspense' THEN p.received_rial ELSE 0 END
    OR coalesce(b.amount, 0) <> 0
 ORDER BY p.id LIMIT 200

-- Once only

-- name: q_doctor_once :many ()
SELECT * FROM (
    SELECT format('cart %s, version %s', cart_id, cart_version) AS what,
           format('%s orders: %s', count(*), string_agg(number, ', ' ORDER BY id)) AS detail
      FROM orders GROUP BY cart_id, cart_version HAVING count(*) > 1
    UNION ALL
    SELECT format('order number %s', number), format('%s orders have it', count(*)) FROM orders GROUP BY number HAVING count(*) > 1
    UNION ALL
    SELECT format('%s reference %s', gateway, gateway_ref),
           format('%s payments: %s', count(*), string_agg(uuid::text, ', ' ORDER BY id))
      FROM payments WHERE gateway_ref IS NOT NULL GROUP BY gateway, gateway_ref HAVING count(*) > 1
    UNION ALL
    SELECT format('idempotency key %s of %s on %s', key, scope, route), format('claimed %s times', count(*))
      FROM idempotency_keys GROUP BY scope, route, key HAVING count(*) > 1
    UNION ALL
    SELECT format('webhook event %s', hash), format('stored %s times', count(*))
      FROM webhook_events GROUP BY hash HAVING count(*) > 1) x
 ORDER BY 1 LIMIT 200

-- name: q_doctor_claims :many ()
-- Only successes are kept, and what they tell of is there.
SELECT format('idempotency key %s of %s on %s', k.key, k.scope, k.route) AS what,
       CASE WHEN k.status IS NULL THEN format('claimed at %s without an answer', rfc3339(k.created_at))
            ELSE format('answered %s, %s', k.status, coalesce(k.location, 'no place')) END AS detail
  FROM idempotency_keys k
 WHERE k.status IS NULL OR k.status NOT BETWEEN 200 AND 399
    OR (k.route = 'ORDER_PLACE' AND k.location IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM orders o WHERE k.location = '/orders/' || o.number))
 ORDER BY k.id LIMIT 200

-- name: q_doctor_outbox :many ()
-- What had to be told was put into the outbox with it, once; done and dead jobs are kept at least a week.
SELECT * FROM (
    SELECT format('order %s', o.number) AS what,
           format('placed at %s, %s messages of its placement', rfc3339(o.placed_at), coalesce(j.placed, 0)) AS detail
      FROM orders o
      LEFT JOIN (SELECT payload ->> 'order_id' AS order_id, count(*) AS n,
                        count(*) FILTER (WHERE dedupe = 'placed:' || (payload ->> 'order_id')) AS placed
                   FROM jobs WHERE kind = 'order_message' GROUP BY 1) j ON j.order_id = o.id::text
     WHERE (o.placed_at > shop_now() - interval '6 days' AND coalesce(j.n, 0) = 0) OR j.placed > 1
    UNION ALL
    SELECT format('job %s (%s)', id, kind), format('%s, attempt %s, ended %s', state, attempt, coalesce(rfc3339(finished_at), 'never'))
      FROM jobs WHERE (state IN ('done', 'dead')) <> (finished_at IS NOT NULL) OR attempt < 0 OR (state IN ('running', 'done') AND attempt = 0)) x
 ORDER BY 1 LIMIT 200

-- name: q_doctor_invoices :many ()
SELECT * FROM (
    SELECT format('invoice number %s', number) AS what, format('follows %s', before) AS detail
      FROM (SELECT number, lag(number, 1, 0::bigint) OVER (ORDER BY number) AS before FROM invoices) n
     WHERE number <> before + 1
    UNION ALL
    SELECT format('invoice number %s', i.number), format('%s for order %s, which was never sold', i.kind, coalesce(o.number, 'none'))
      FROM invoices i LEFT JOIN orders o ON o.id = i.order_id
     WHERE o.id IS NULL OR (o.paid_at IS NULL AND o.status IN ('pending', 'canceled')
                            AND NOT EXISTS (SELECT 1 FROM order_events e WHERE e.order_id = o.id AND e.event = 'confirm_cod'))) x
 ORDER BY 1 LIMIT 200

-- People

-- name: q_doctor_sessions :many ()
-- A session has one refresh token that still works, or none.
SELECT format('session %s', s.id) AS what, format('%s refresh tokens work', count(*)) AS detail
  FROM sessions s JOIN refresh_tokens r ON r.session_id = s.id
 WHERE s.ended_at IS NULL AND r.used_at IS NULL AND r.expires_at > shop_now()
 GROUP BY s.id HAVING count(*) > 1 ORDER BY s.id LIMIT 200

-- name: q_doctor_codes :many ()
SELECT format('code challenge %s', id) AS what, format('%s attempts left', attempts_left) AS detail
  FROM otp_challenges WHERE attempts_left < 0
UNION ALL
SELECT format('code %s', id), format('used at %s, good from %s to %s', rfc3339(used_at), rfc3339(created_at), rfc3339(expires_at))
  FROM otp_codes WHERE used_at < created_at OR used_at > expires_at + interval '1 minute'
 ORDER BY 1 LIMIT 200

-- Structure

-- name: q_doctor_states :many ()
-- Refunds, parcels and returns keep only their last step: it is one that their machine has.
SELECT * FROM (
    SELECT format('refund %s', uuid) AS what, 'refund' AS machine, status, event FROM refunds
    UNION ALL SELECT format('shipment %s of order %s', id, order_id), 'shipment', status, event FROM shipments
    UNION ALL SELECT format('return %s', uuid), 'return', status, event FROM returns) x
 CROSS JOIN LATERAL (SELECT format('%s by %s', x.status, x.event) AS detail) d
 WHERE NOT EXISTS (SELECT 1 FROM transitions t WHERE t.machine = x.machine AND t.event = x.event AND t.to_state = x.status)
 ORDER BY 1 LIMIT 200

-- name: q_doctor_amounts :many ()
SELECT * FROM (
    SELECT format('variant %s (%s)', id, sku) AS what, format('price %s', price) AS detail FROM variants WHERE price < 0
    UNION ALL
    SELECT format('cart %s, variant %s', cart_id, variant_id), format('quantity %s', quantity) FROM cart_items WHERE quantity < 1
    UNION ALL
    SELECT format('coupon %s', code), format('value %s', value) FROM coupons WHERE value < 0) x
 ORDER BY 1 LIMIT 200

-- name: q_doctor_orphans :many ()
-- Rows that point at nothing, where no foreign key says so (hot rows are not referenced).
SELECT * FROM (
    SELECT format('order %s', o.number) AS what, format('customer %s does not exist', o.customer_id) AS detail
      FROM orders o WHERE NOT EXISTS (SELECT 1 FROM customers c WHERE c.id = o.customer_id)
    UNION ALL
    SELECT format('order %s', o.number), format('coupon %s does not exist', o.coupon_id)
      FROM orders o WHERE o.coupon_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM coupons k WHERE k.id = o.coupon_id)
    UNION ALL
    SELECT format('order %s', o.number), format('province %s does not exist', o.address ->> 'province')
      FROM orders o WHERE o.address ->> 'province' IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM provinces p WHERE p.code = o.address ->> 'province')
    UNION ALL
    SELECT format('order %s, line %s', o.number, i.line), format('variant %s does not exist', i.variant_id)
      FROM order_items i LEFT JOIN orders o ON o.id = i.order_id
     WHERE NOT EXISTS (SELECT 1 FROM variants v WHERE v.id = i.variant_id)
    UNION ALL
    SELECT format('cart %s', c.cart_id), format('variant %s does not exist', c.variant_id)
      FROM cart_items c WHERE NOT EXISTS (SELECT 1 FROM variants v WHERE v.id = c.variant_id)
    UNION ALL
    SELECT format('stock movement %s', m.id), format('variant %s does not exist', m.variant_id)
      FROM stock_movements m WHERE NOT EXISTS (SELECT 1 FROM variants v WHERE v.id = m.variant_id)
    UNION ALL
    SELECT format('stock movement %s', m.id), format('%s of variant %s without an order', m.kind, m.variant_id)
      FROM stock_movements m WHERE m.order_id IS NULL AND m.kind IN ('reserve', 'release', 'ship')
    UNION ALL
    SELECT format('payment %s', p.uuid), format('belongs to customer %s, its order to %s', p.customer_id, o.customer_id)
      FROM payments p JOIN orders o ON o.id = p.order_id WHERE o.customer_id <> p.customer_id
    UNION ALL
    SELECT format('refund %s', r.uuid), format('of order %s, its payment of %s', coalesce(r.order_id::text, 'none'), coalesce(p.order_id::text, 'none'))
      FROM refunds r LEFT JOIN payments p ON p.id = r.payment_id
     WHERE p.id IS NULL OR r.order_id IS DISTINCT FROM p.order_id OR r.customer_id <> p.customer_id
    UNION ALL
    SELECT format('shipment %s of order %s', n.shipment_id, s.order_id), format('holds line %s of order %s', n.item_id, i.order_id)
      FROM shipment_items n JOIN shipments s ON s.id = n.shipment_id JOIN order_items i ON i.id = n.item_id
     WHERE i.order_id <> s.order_id
    UNION ALL
    SELECT format('return %s of order %s', l.return_id, r.order_id), format('holds line %s of order %s', l.item_id, i.order_id)
      FROM return_lines l JOIN returns r ON r.id = l.return_id JOIN order_items i ON i.id = l.item_id
     WHERE i.order_id <> r.order_id
    UNION ALL
    SELECT format('return %s', r.uuid), format('of order %s, its refund of %s', r.order_id, coalesce(f.order_id::text, 'none'))
      FROM returns r LEFT JOIN refunds f ON f.id = r.refund_id
     WHERE r.refund_id IS NOT NULL AND f.order_id IS DISTINCT FROM r.order_id
    UNION ALL
    SELECT format('refund %s', r.uuid), format('gives back line %s of order %s', l.item_id, i.order_id)
      FROM refund_lines l JOIN refunds r ON r.id = l.refund_id JOIN order_items i ON i.id = l.item_id
     WHERE i.order_id IS DISTINCT FROM r.order_id) x
 ORDER BY 1, 2 LIMIT 200

-- name: q_doctor_guards :many ()
-- The database's own guards are in force: nothing was switched off and left so.
SELECT * FROM (
    SELECT format('trigger %s on %s', t.tgname, t.tgrelid::regclass) AS what, 'is disabled'::text AS detail
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
     WHERE c.relnamespace = 'public'::regnamespace AND t.tgenabled IN ('D', 'R')
    UNION ALL
    SELECT format('constraint %s on %s', k.conname, k.conrelid::regclass), 'is not validated'
      FROM pg_constraint k WHERE k.connamespace = 'public'::regnamespace AND NOT k.convalidated
    UNION ALL
    SELECT format('index %s', i.indexrelid::regclass), 'is not valid'
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE c.relnamespace = 'public'::regnamespace AND NOT i.indisvalid) x
 ORDER BY 1 LIMIT 200

-- Things that take too long

-- name: q_doctor_late_jobs :many ()
SELECT format('job %s (%s)', id, kind) AS what,
       CASE state WHEN 'running' THEN format('attempt %s should have ended at %s', attempt, rfc3339(locked_until))
                  ELSE format('is due since %s', rfc3339(run_at)) END AS detail
  FROM jobs
 WHERE (state = 'running' AND locked_until < shop_now() - interval '5 minutes')
    OR (state = 'ready' AND run_at < shop_now() - interval '15 minutes')
UNION ALL
SELECT format('schedule %s', kind), format('should have run at %s', rfc3339(next_run_at))
  FROM schedules WHERE next_run_at < shop_now() - period - interval '15 minutes'
 ORDER BY 1 LIMIT 200

-- name: q_doctor_dead_jobs :many ()
SELECT format('job %s (%s)', id, kind) AS what, format('given up after %s attempts: %s', attempt, coalesce(last_error, 'no reason')) AS detail
  FROM jobs WHERE state = 'dead' AND kind IN ('refund_send', 'refund_follow', 'payment_settle', 'payment_reconcile', 'order_expire', 'invoice_seal')
 ORDER BY id LIMIT 200

-- name: q_doctor_late_orders :many ()
SELECT format('order %s', o.number) AS what, format('unpaid, its time was over at %s', rfc3339(o.expires_at)) AS detail
  FROM orders o
 WHERE o.status = 'pending' AND o.expires_at < shop_now() - interval '30 minutes'
   AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.order_id = o.id AND p.status = 'in_review')
UNION ALL
SELECT format('order %s', o.number), format('paid at %s and without an invoice', rfc3339(o.paid_at))
  FROM orders o
 WHERE o.paid_at < shop_now() - interval '1 hour'
   AND NOT EXISTS (SELECT 1 FROM invoices i WHERE i.order_id = o.id AND i.kind = 'invoice')
 ORDER BY 1 LIMIT 200

-- name: q_doctor_late_money :many ()
SELECT format('payment %s of order %s', p.uuid, coalesce(o.number, '(top-up)')) AS what,
       format('%s since %s, %s', p.status, rfc3339(p.created_at), p.amount) AS detail
  FROM payments p LEFT JOIN orders o ON o.id = p.order_id
 WHERE (p.status = 'unknown' AND p.created_at < shop_now() - interval '1 hour')
    OR (p.method = 'gateway' AND p.status IN ('created', 'redirected') AND p.created_at < shop_now() - interval '1 day')
UNION ALL
SELECT format('refund %s', r.uuid), format('%s since %s, %s %s', r.status, rfc3339(r.created_at), r.amount, r.currency)
  FROM refunds r
 WHERE (r.status IN ('requested', 'sent', 'unknown') AND r.created_at < shop_now() - interval '1 day')
    OR (r.status IN ('awaiting_transfer', 'awaiting_approval') AND coalesce(r.bounced_at, r.created_at) < shop_now() - interval '3 days')
UNION ALL
SELECT format('refund %s', r.uuid), format('accepted by the bank %s, no word since, %s %s', rfc3339(r.done_at), r.amount, r.currency)
  FROM refunds r WHERE refund_silent(r) OR r.ask_at < shop_now() - interval '1 day'
 ORDER BY 1 LIMIT 200
