-- Lists and pages made by the database (routes/order.c, routes/admin_order.c, routes/checkout.c).

-- name: q_provinces :one (text lang)
SELECT jsonb_agg(jsonb_build_object('id', code, 'title', pick_lang(title_fa, title_en, $1))
                 ORDER BY code <> 'IR-23', pick_lang(title_fa, title_en, $1))::text AS items FROM provinces

-- name: q_order_list :one (bigint customer, bigint before, bigint max, text lang)
WITH page AS (SELECT o.* FROM orders o WHERE o.customer_id = $1 AND ($2 IS NULL OR o.id < $2) ORDER BY o.id DESC LIMIT $3)
SELECT coalesce(jsonb_agg(order_summary_json(p, $4) ORDER BY p.id DESC), '[]')::text AS items,
       CASE WHEN count(*) = $3 THEN min(p.id) END AS next FROM page p

-- name: q_admin_order_list :one (text status, text payment_status, text payment_method, bigint placed_from, bigint placed_to, text province, text item, text tracking, text number, text phone, text name, bigint before, bigint max, text lang)
-- number, phone (digits without the country's) and name are readings of one search word; any may fit.
WITH page AS (
    SELECT o.* FROM orders o JOIN customers c ON c.id = o.customer_id
     WHERE ($1 IS NULL OR o.status = $1)
       AND ($3 IS NULL OR o.payment_method = $3)
       AND ($4 IS NULL OR o.placed_at >= to_timestamp($4)) AND ($5 IS NULL OR o.placed_at < to_timestamp($5))
       AND ($6 IS NULL OR o.address ->> 'province' = $6)
       AND ($12 IS NULL OR o.id < $12)
       AND (coalesce($9, $10, $11) IS NULL OR o.number = $9 OR c.phone LIKE '%' || $10 || '%' OR o.address ->> 'phone' LIKE '%' || $10 || '%'
            OR c.name ILIKE $11 OR o.address ->> 'recipient' ILIKE $11)
       AND ($7 IS NULL OR EXISTS (SELECT 1 FROM order_items i WHERE i.order_id = o.id
                                     AND (i.sku ILIKE $7 OR i.title_fa ILIKE $7 OR i.title_en ILIKE $7 OR i.product_slug ILIKE $7)))
       AND ($8 IS NULL OR EXISTS (SELECT 1 FROM shipments s WHERE s.order_id = o.id AND upper(s.tracking_number) = $8))
       AND ($2 IS NULL OR order_payment_status(o) = $2)
     ORDER BY o.id DESC LIMIT $13)
SELECT coalesce(jsonb_agg(order_summary_json(p, $14) || jsonb_build_object('customer',
           (SELECT jsonb_build_object('name', c.name, 'phone', c.phone) FROM customers c WHERE c.id = p.customer_id))
           ORDER BY p.id DESC), '[]')::text AS items,
       CASE WHEN count(*) = $13 THEN min(p.id) END AS next FROM page p

-- name: q_wallet_view :one (bigint customer, bigint before, bigint max)
WITH page AS (SELECT m.* FROM wallet_movements m WHERE m.customer_id = $1 AND ($2 IS NULL OR m.id < $2) ORDER BY m.id DESC LIMIT $3)
SELECT coalesce((SELECT balance FROM wallets WHERE customer_id = $1), 0) AS balance,
       coalesce((SELECT held FROM wallets WHERE customer_id = $1), 0) AS held,
       coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'kind', p.kind, 'amount', p.balance_delta, 'held', p.held_delta,
           'order', (SELECT number FROM orders o WHERE o.id = p.order_id), 'at', rfc3339(p.at)) ORDER BY p.id DESC), '[]')::text AS items,
       CASE WHEN count(*) = $3 THEN min(p.id) END AS next FROM page p

-- name: q_payment_own :opt (text uuid, bigint customer)
SELECT p.id FROM payments p WHERE p.uuid = $1::uuid AND p.customer_id = $2

-- name: q_payment_result :opt (text token)
-- Readable without a session for a day after the attempt; no address, no items.
SELECT p.id, p.order_id, jsonb_build_object('number', o.number, 'status', p.status, 'order_status', o.status, 'total', coalesce(o.total, p.amount),
       'amount', p.amount, 'currency', 'IRT', 'reference', p.reference, 'reason', p.reason, 'return_url', p.return_url,
       'payment_id', p.uuid, 'can_retry', o.status = 'pending' AND o.expires_at > shop_now(),
       'pending', p.status IN ('created', 'redirected', 'unknown'))::text AS result
  FROM payments p LEFT JOIN orders o ON o.id = p.order_id
 WHERE p.result_token = $1 AND p.created_at > shop_now() - interval '24 hours'

-- name: q_payment_by_uuid :opt (text uuid)
SELECT id, order_id FROM payments WHERE uuid = $1::uuid

-- name: q_admin_payment_list :one (bool unresolved, bigint before, bigint max)
-- Unresolved money: nobody may rest before these are home.
WITH page AS (
    SELECT p.* FROM payments p
     WHERE ($2 IS NULL OR p.id < $2)
       AND (NOT $1 OR (p.status = 'suspense' AND EXISTS (SELECT 1 FROM refunds r WHERE r.payment_id = p.id AND refund_open(r)))
            OR p.status IN ('unknown', 'in_review')
            OR (p.status = 'redirected' AND p.created_at < shop_now() - interval '20 minutes')
            OR EXISTS (SELECT 1 FROM refunds r WHERE r.payment_id = p.id AND refund_open(r)))
     ORDER BY p.id DESC LIMIT $3)
SELECT coalesce(jsonb_agg(payment_json(p) || jsonb_build_object(
           'order', (SELECT number FROM orders o WHERE o.id = p.order_id),
           'customer', (SELECT jsonb_build_object('name', c.name, 'phone', c.phone) FROM customers c WHERE c.id = p.customer_id),
           'gateway_ref', p.gateway_ref, 'receipt', (SELECT '/admin/payments/' || p.uuid || '/receipt' FROM receipts i WHERE i.payment_id = p.id),
           'checked_at', rfc3339(p.checked_at),
           'refunds', (SELECT coalesce(jsonb_agg(admin_refund_json(r) ORDER BY r.id), '[]') FROM refunds r WHERE r.payment_id = p.id AND refund_open(r)))
           ORDER BY p.id DESC), '[]')::text AS items,
       CASE WHEN count(*) = $3 THEN min(p.id) END AS next FROM page p

-- name: q_admin_home :one ()
SELECT jsonb_build_object(
    'to_process', (SELECT count(*) FROM orders WHERE status = 'paid'),
    'to_ship', (SELECT count(*) FROM orders WHERE status = 'processing'),
    'unresolved', (SELECT count(*) FROM payments p WHERE p.status IN ('unknown', 'in_review')
                      OR EXISTS (SELECT 1 FROM refunds r WHERE r.payment_id = p.id AND refund_open(r))),
    'dead_jobs', (SELECT count(*) FROM jobs WHERE state = 'dead'),
    'low_stock', (SELECT count(*) FROM stock s JOIN variants v ON v.id = s.variant_id JOIN products p ON p.id = v.product_id
                   WHERE v.archived_at IS NULL AND p.active AND p.archived_at IS NULL
                     AND s.on_hand - s.reserved <= coalesce(v.low_stock, shop_low_stock())),
    'today', (SELECT jsonb_build_object('orders', count(*), 'total', coalesce(sum(total), 0)) FROM orders
               WHERE placed_at > date_trunc('day', shop_now() AT TIME ZONE 'Asia/Tehran') AT TIME ZONE 'Asia/Tehran'
                 AND status NOT IN ('pending', 'canceled')))::text AS home

-- name: q_page_shop :one (bigint cart)
SELECT coalesce((SELECT value #>> '{}' FROM settings WHERE key = 'shop_name_fa'), 'ترازو') AS name_fa,
       coalesce((SELECT value #>> '{}' FROM settings WHERE key = 'shop_name_en'), 'Tarazu') AS name_en,
       (SELECT coalesce(sum(quantity), 0) FROM cart_items WHERE cart_id = $1) AS cart_count
