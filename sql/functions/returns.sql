-- Goods that come back: what may still be given back, and how a return leaves as JSON.

-- Units of a line that are with the customer and not asked back for already.
CREATE OR REPLACE FUNCTION returnable_units(i order_items) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN NOT i.returnable THEN 0 ELSE
        coalesce((SELECT sum(n.quantity) FROM shipment_items n JOIN shipments s ON s.id = n.shipment_id
                   WHERE n.item_id = i.id AND s.status = 'delivered'), 0)
      - coalesce((SELECT sum(CASE WHEN r.status IN ('requested', 'approved') THEN l.quantity ELSE l.restocked + l.written_off END)
                    FROM return_lines l JOIN returns r ON r.id = l.return_id WHERE l.item_id = i.id), 0) END $$;

CREATE OR REPLACE FUNCTION order_return_deadline(o orders) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN o.status = 'delivered' THEN return_deadline(o.delivered_at,
        coalesce((SELECT (value #>> '{}')::bigint FROM settings WHERE key = 'return_working_days'), 7)) END $$;

-- Where its pictures are; customers and staff have their own ways.
CREATE OR REPLACE FUNCTION return_photos_json(r returns, for_staff boolean) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object('number', p.number, 'url',
               CASE WHEN for_staff THEN '/admin' ELSE '/orders/' || (SELECT number FROM orders o WHERE o.id = r.order_id) END
               || '/returns/' || r.uuid || '/photos/' || p.number) ORDER BY p.number), '[]')
      FROM return_photos p WHERE p.return_id = r.id $$;

CREATE OR REPLACE FUNCTION return_json(r returns, lang text) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('id', r.uuid, 'order', (SELECT number FROM orders o WHERE o.id = r.order_id),
        'status', r.status, 'reason', r.reason, 'created_at', rfc3339(r.created_at), 'decided_at', rfc3339(r.decided_at),
        'received_at', rfc3339(r.received_at), 'ended_at', rfc3339(r.ended_at), 'photos', return_photos_json(r, false),
        'refund_id', (SELECT uuid FROM refunds f WHERE f.id = r.refund_id),
        'lines', (SELECT jsonb_agg(jsonb_build_object('item_id', l.item_id, 'quantity', l.quantity, 'reason', l.reason,
                    'restocked', l.restocked, 'written_off', l.written_off, 'sku', i.sku,
                    'title', pick_lang(i.title_fa, i.title_en, lang)) ORDER BY i.line)
                    FROM return_lines l JOIN order_items i ON i.id = l.item_id WHERE l.return_id = r.id)) $$;
