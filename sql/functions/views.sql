-- How resources leave as JSON, in one place: the pages, the API and the stored answers of idempotent
-- requests show the same. Replaced by `tarazu migrate` whenever this file changes.

-- What is on its way back of a payment; what a second person has not approved yet does not count.
CREATE OR REPLACE FUNCTION payment_refunded(p payments) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT p.refund_committed - CASE WHEN p.refund_committed = 0 THEN 0 ELSE
        coalesce((SELECT sum(r.amount) FROM refunds r WHERE r.payment_id = p.id AND r.status = 'awaiting_approval'), 0) END::bigint $$;

CREATE OR REPLACE FUNCTION payment_json(p payments) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('id', p.uuid, 'method', p.method, 'gateway', p.gateway, 'status', p.status,
        'amount', p.amount, 'currency', 'IRT', 'captured', p.captured, 'refunded', payment_refunded(p),
        'received_rial', nullif(p.received_rial, 0), 'reference', p.reference, 'card', p.card, 'reason', p.reason,
        'created_at', rfc3339(p.created_at), 'settled_at', rfc3339(p.settled_at)) $$;

-- The bank accepted it and has said nothing since, for so long that a person must ask.
CREATE OR REPLACE FUNCTION refund_silent(r refunds) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT r.status = 'done' AND r.event = 'complete' AND r.settled_at IS NULL AND r.ask_at IS NULL $$;

-- Somebody still has to see to it.
CREATE OR REPLACE FUNCTION refund_open(r refunds) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT r.status NOT IN ('done', 'refused') OR refund_silent(r) $$;

CREATE OR REPLACE FUNCTION refund_json(r refunds) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('id', r.uuid, 'amount', r.amount, 'currency', r.currency, 'to', r.target, 'status', r.status,
        'iban', r.iban, 'reference', r.reference, 'reason', r.reason, 'created_at', rfc3339(r.created_at),
        'done_at', rfc3339(r.done_at), 'settled_at', rfc3339(r.settled_at), 'bounced_at', rfc3339(r.bounced_at),
        'actions', to_jsonb(array_remove(ARRAY[CASE WHEN r.status = 'awaiting_transfer' AND r.iban IS NULL THEN 'iban' END], NULL)),
        'payment_id', (SELECT uuid FROM payments p WHERE p.id = r.payment_id),
        'lines', (SELECT coalesce(jsonb_agg(jsonb_build_object('item_id', l.item_id, 'quantity', l.quantity, 'amount', l.amount)), '[]')
                    FROM refund_lines l WHERE l.refund_id = r.id)) $$;

-- To staff: also who asked, who decided, and what may be done with it.
CREATE OR REPLACE FUNCTION admin_refund_json(r refunds) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT refund_json(r) || jsonb_build_object('order', (SELECT number FROM orders o WHERE o.id = r.order_id),
        'customer', (SELECT jsonb_build_object('name', c.name, 'phone', c.phone) FROM customers c WHERE c.id = r.customer_id),
        'automatic', r.automatic, 'asked_by', coalesce(r.asked_name, r.asked_kind), 'decided_by', r.decided_name,
        'decided_at', rfc3339(r.decided_at), 'refusal', r.refusal, 'owed', r.owed, 'ask_at', rfc3339(r.ask_at),
        'actions', to_jsonb(array_remove(ARRAY[
            CASE WHEN r.status = 'awaiting_approval' THEN 'approve' END,
            CASE WHEN r.status = 'awaiting_approval' THEN 'refuse' END,
            CASE WHEN r.status = 'awaiting_transfer' THEN 'transferred' END,
            CASE WHEN refund_silent(r) THEN 'settled' END,
            CASE WHEN refund_silent(r) THEN 'failed' END], NULL))) $$;

-- Units and sums of a line that wait for a second person.
CREATE OR REPLACE FUNCTION item_waiting(i order_items, OUT quantity bigint, OUT amount bigint) LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(l.quantity), 0), coalesce(sum(l.amount), 0)
      FROM refunds r JOIN refund_lines l ON l.refund_id = r.id AND l.item_id = i.id
     WHERE r.order_id = i.order_id AND r.status = 'awaiting_approval' $$;

CREATE OR REPLACE FUNCTION order_actions(o orders, for_staff boolean) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT to_jsonb(array_remove(ARRAY[
        CASE WHEN o.status = 'pending' AND o.due > 0 AND o.payment_method = 'gateway' AND o.expires_at > shop_now() THEN 'pay' END,
        CASE WHEN o.status = 'pending' OR (o.status = 'paid' AND coalesce((SELECT value FROM settings WHERE key = 'customer_cancels_paid'), 'true') = 'true')
              OR (for_staff AND o.status IN ('paid', 'processing')
                  AND NOT EXISTS (SELECT 1 FROM order_items i WHERE i.order_id = o.id AND i.shipped > 0)) THEN 'cancel' END,
        CASE WHEN NOT for_staff AND o.payment_method = 'card_to_card' AND (o.status = 'pending' OR o.cancel_reason = 'expired')
              AND EXISTS (SELECT 1 FROM payments p WHERE p.order_id = o.id AND p.method = 'card_to_card'
                             AND p.status IN ('created', 'canceled')) THEN 'receipt' END,
        CASE WHEN o.status = 'canceled' AND NOT o.returned_to_cart AND NOT for_staff THEN 'reorder' END,
        CASE WHEN o.status = 'pending' AND NOT for_staff THEN 'edit' END,
        CASE WHEN for_staff AND o.status = 'paid' THEN 'process' END,
        CASE WHEN for_staff AND o.status = 'pending' AND o.payment_method = 'cod' THEN 'confirm_cod' END,
        CASE WHEN for_staff AND o.status = 'processing' THEN 'ship' END,
        CASE WHEN for_staff AND o.status IN ('paid', 'processing') THEN 'cancel_lines' END,
        CASE WHEN for_staff AND o.status IN ('pending', 'paid', 'processing') AND o.address ->> 'province' IS NOT NULL
              AND NOT EXISTS (SELECT 1 FROM order_items i WHERE i.order_id = o.id AND i.shipped > 0) THEN 'address' END,
        CASE WHEN for_staff AND o.status = 'shipped'
              AND EXISTS (SELECT 1 FROM shipments s WHERE s.order_id = o.id AND s.status IN ('shipped', 'delivered'))
              AND NOT EXISTS (SELECT 1 FROM shipments s WHERE s.order_id = o.id AND s.status = 'failed') THEN 'deliver' END,
        CASE WHEN for_staff AND o.status = 'shipped'
              AND NOT EXISTS (SELECT 1 FROM shipments s WHERE s.order_id = o.id AND s.status = 'delivered')
              AND NOT EXISTS (SELECT 1 FROM order_items i WHERE i.order_id = o.id AND i.returned < i.shipped) THEN 'close' END,
        CASE WHEN NOT for_staff AND o.status = 'delivered' AND shop_now() < order_return_deadline(o)
              AND EXISTS (SELECT 1 FROM order_items i WHERE i.order_id = o.id AND returnable_units(i) > 0) THEN 'return' END,
        CASE WHEN for_staff AND EXISTS (SELECT 1 FROM payments p WHERE p.order_id = o.id AND p.captured > p.refund_committed)
              AND NOT EXISTS (SELECT 1 FROM refunds r WHERE r.order_id = o.id AND r.status = 'awaiting_approval') THEN 'refund' END,
        CASE WHEN o.status NOT IN ('pending', 'canceled') THEN 'invoice' END], NULL)) $$;

-- Where a transfer goes, and the payment whose receipt is awaited.
CREATE OR REPLACE FUNCTION transfer_json(o orders) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('amount', o.due,
        'card_number', (SELECT value #>> '{}' FROM settings WHERE key = 'card_to_card_number'),
        'card_holder', (SELECT value #>> '{}' FROM settings WHERE key = 'card_to_card_holder'),
        'payment_id', (SELECT p.uuid FROM payments p WHERE p.order_id = o.id AND p.method = 'card_to_card'
                          AND p.status IN ('created', 'canceled') ORDER BY p.id DESC LIMIT 1)) $$;

CREATE OR REPLACE FUNCTION order_payment_status(o orders) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN coalesce(s.captured, 0) = 0 AND o.paid_at IS NULL
                THEN CASE WHEN coalesce(s.review, 0) > 0 THEN 'pending_review' ELSE 'unpaid' END
                WHEN s.captured > 0 AND s.refunded = s.captured THEN 'refunded'
                WHEN s.refunded > 0 THEN 'partially_refunded'
                ELSE 'paid' END
      FROM (SELECT sum(captured) AS captured, sum(payment_refunded(p)) AS refunded,
                   count(*) FILTER (WHERE status = 'in_review') AS review
              FROM payments p WHERE p.order_id = o.id) s $$;

-- Shipping that was paid and that no refund has given back.
CREATE OR REPLACE FUNCTION order_shipping_left(o orders) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN o.shipping = 0 THEN 0 ELSE greatest(0, o.shipping - coalesce((
        SELECT sum(e.amount) FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
         WHERE t.order_id = o.id AND t.event = 'refund' AND e.account = 'shipping'), 0)) END::bigint $$;

CREATE OR REPLACE FUNCTION order_json(order_id bigint, lang text, for_staff boolean) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('number', o.number, 'status', o.status, 'payment_status', order_payment_status(o),
        'payment_method', o.payment_method, 'subtotal', o.subtotal, 'discount', o.discount, 'shipping', o.shipping, 'tax', o.tax,
        'total', o.total, 'wallet', o.wallet, 'due', o.due,
        'paid', (SELECT coalesce(sum(captured), 0) FROM payments p WHERE p.order_id = o.id),
        'refunded', (SELECT coalesce(sum(payment_refunded(p)), 0) FROM payments p WHERE p.order_id = o.id),
        'currency', o.currency, 'prices_include_tax', o.prices_include_tax, 'placed_at', rfc3339(o.placed_at),
        'expires_at', rfc3339(o.expires_at), 'paid_at', rfc3339(o.paid_at), 'delivered_at', rfc3339(o.delivered_at),
        'address', o.address, 'invoice_to', o.invoice_to,
        'shipping_method', jsonb_build_object('id', o.shipping_method -> 'id', 'charged', o.shipping_method -> 'charged',
            'ships_on', o.shipping_method -> 'ships_on', 'arrives_by', o.shipping_method -> 'arrives_by',
            'title', pick_lang(o.shipping_method ->> 'title_fa', o.shipping_method ->> 'title_en', lang)))
     || jsonb_build_object('coupon', o.coupon, 'note', o.note, 'cancel_reason', o.cancel_reason,
        'transfer', CASE WHEN o.payment_method = 'card_to_card' AND (o.status = 'pending' OR o.cancel_reason = 'expired') THEN transfer_json(o) END,
        'items', (SELECT jsonb_agg(jsonb_build_object('id', i.id, 'variant_id', i.variant_id, 'product_slug', i.product_slug,
            'sku', i.sku, 'goods_id', i.goods_id, 'title', pick_lang(i.title_fa, i.title_en, lang), 'options', options_json(i.options, lang),
            'image', media_url(i.image), 'quantity', i.quantity, 'unit_price', i.unit_price, 'line_subtotal', i.line_subtotal,
            'discount', i.discount, 'tax_rate_bp', i.tax_rate_bp, 'tax', i.tax, 'line_total', i.line_total,
            'reserved_quantity', i.reserved, 'shipped_quantity', i.shipped, 'canceled_quantity', i.canceled,
            'returned_quantity', i.returned, 'returnable_quantity', CASE WHEN o.status = 'delivered' THEN returnable_units(i) ELSE 0 END,
            'refunded_quantity', i.refunded_quantity - w.quantity, 'refunded_amount', i.refunded_amount - w.amount)
              || CASE WHEN for_staff THEN jsonb_build_object('line', i.line, 'refundable_quantity', i.quantity - i.refunded_quantity,
                                                             'refundable_amount', i.line_total - i.refunded_amount) ELSE '{}' END ORDER BY i.line)
            FROM order_items i CROSS JOIN LATERAL item_waiting(i) w WHERE i.order_id = o.id),
        'shipments', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', s.id, 'carrier', s.carrier,
            'tracking_number', s.tracking_number, 'tracking_url', s.tracking_url, 'status', s.status,
            'created_at', rfc3339(s.created_at), 'delivered_at', rfc3339(s.delivered_at), 'received_at', rfc3339(s.received_at),
            'items', (SELECT jsonb_agg(jsonb_build_object('item_id', n.item_id, 'quantity', n.quantity, 'restocked', n.restocked,
                        'written_off', n.written_off, 'title', pick_lang(i.title_fa, i.title_en, lang)) ORDER BY i.line)
                        FROM shipment_items n JOIN order_items i ON i.id = n.item_id WHERE n.shipment_id = s.id)) ORDER BY s.id), '[]')
            FROM shipments s WHERE s.order_id = o.id),
        'gift', o.gift, 'return_postage_free', coalesce((SELECT value FROM settings WHERE key = 'return_postage_free'), 'false') = 'true', 'return_until', rfc3339(order_return_deadline(o)),
        'returns', (SELECT coalesce(jsonb_agg(return_json(r, lang) || jsonb_build_object('photos', return_photos_json(r, for_staff)) ORDER BY r.id), '[]') FROM returns r WHERE r.order_id = o.id),
        'payments', (SELECT coalesce(jsonb_agg(payment_json(p) ORDER BY p.id), '[]') FROM payments p WHERE p.order_id = o.id),
        'refunds', (SELECT coalesce(jsonb_agg(CASE WHEN for_staff THEN admin_refund_json(r) ELSE refund_json(r) END ORDER BY r.id), '[]')
            FROM refunds r WHERE r.order_id = o.id AND (for_staff OR r.status NOT IN ('awaiting_approval', 'refused'))),
        'actions', order_actions(o, for_staff))
     || CASE WHEN NOT for_staff THEN jsonb_build_object('timeline', (SELECT jsonb_agg(jsonb_build_object('at', rfc3339(e.at), 'event', e.event) ORDER BY e.id)
            FROM order_events e WHERE e.order_id = o.id)) ELSE jsonb_build_object(
        'customer', (SELECT jsonb_build_object('id', c.id, 'name', c.name, 'phone', c.phone) FROM customers c WHERE c.id = o.customer_id),
        'refundable', (SELECT coalesce(sum(p.captured - p.refund_committed), 0) FROM payments p WHERE p.order_id = o.id),
        'refundable_shipping', order_shipping_left(o),
        'payment_path', (SELECT '/pay/' || l.token FROM payment_links l WHERE l.order_id = o.id AND o.status = 'pending'),
        'events', (SELECT jsonb_agg(x.entry ORDER BY x.at, x.kind, x.id) FROM (
            SELECT e.at, 1 AS kind, e.id, jsonb_build_object('at', rfc3339(e.at), 'actor', e.actor, 'actor_name', e.actor_name,
                   'event', e.event, 'from', e.from_state, 'to', e.to_state, 'reason', e.reason, 'request_id', e.request_id) AS entry
              FROM order_events e WHERE e.order_id = o.id
            UNION ALL
            SELECT n.at, 2, n.id, jsonb_build_object('at', rfc3339(n.at), 'actor', n.actor, 'actor_name', n.actor_name,
                   'event', n.kind, 'from', NULL, 'to', NULL, 'reason', n.text, 'before', n.before, 'after', n.after,
                   'request_id', n.request_id)
              FROM order_notes n WHERE n.order_id = o.id) x)) END
      FROM orders o WHERE o.id = order_id $$;

CREATE OR REPLACE FUNCTION order_summary_json(o orders, lang text) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('number', o.number, 'status', o.status, 'payment_status', order_payment_status(o),
        'payment_method', o.payment_method, 'total', o.total, 'due', o.due, 'currency', o.currency,
        'placed_at', rfc3339(o.placed_at), 'expires_at', rfc3339(o.expires_at),
        'item_count', (SELECT sum(quantity) FROM order_items i WHERE i.order_id = o.id),
        'first_item', (SELECT jsonb_build_object('title', pick_lang(i.title_fa, i.title_en, lang), 'image', media_url(i.image))
                         FROM order_items i WHERE i.order_id = o.id ORDER BY i.line LIMIT 1),
        'actions', order_actions(o, false)) $$;

CREATE OR REPLACE FUNCTION variant_stock_json(variant bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('variant_id', s.variant_id, 'on_hand', s.on_hand, 'reserved', s.reserved,
        'available', s.on_hand - s.reserved) FROM stock s WHERE s.variant_id = variant $$;

-- One entry for all: (kind, id) is what a handler names as its answer.
CREATE OR REPLACE FUNCTION resource_json(kind text, id bigint, lang text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE kind
        WHEN 'order' THEN order_json(id, lang, false)
        WHEN 'admin_order' THEN order_json(id, lang, true)
        WHEN 'stock' THEN variant_stock_json(id)
        WHEN 'return' THEN (SELECT return_json(r, lang) FROM returns r WHERE r.id = resource_json.id)
        WHEN 'refund' THEN (SELECT admin_refund_json(r) FROM refunds r WHERE r.id = resource_json.id)
        WHEN 'settlement' THEN (SELECT settlement_json(f) FROM settlements f WHERE f.id = resource_json.id)
        WHEN 'payment' THEN (SELECT payment_json(p) FROM payments p WHERE p.id = resource_json.id)
    END::text $$;
