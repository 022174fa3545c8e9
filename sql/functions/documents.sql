-- Papers as JSON.

-- given_apart: what of the lines' worth this note does not give: an earlier allowance gave it, or it came out of
-- another payment and has a note of its own.
CREATE OR REPLACE FUNCTION credit_note_json(n invoices, lang text) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('number', n.number, 'order', o.number, 'issued_at', rfc3339(n.issued_at), 'amount', r.amount, 'currency', r.currency,
        'to', r.target, 'reason', r.reason,
        'lines', (SELECT coalesce(jsonb_agg(jsonb_build_object('row', l.row, 'sku', t.sku, 'goods_id', t.goods_id, 'title', pick_lang(t.title_fa, t.title_en, lang),
                      'options', options_json(t.options, lang), 'quantity', l.quantity, 'amount', l.amount) ORDER BY t.line), '[]')
                    FROM (SELECT m.*, row_number() OVER (ORDER BY m.item_id) AS row FROM refund_lines m WHERE m.refund_id = r.id) l
                    JOIN order_items t ON t.id = l.item_id),
        'without_lines', greatest(r.amount - u.lines, 0), 'given_apart', greatest(u.lines - r.amount, 0))
      FROM refunds r JOIN orders o ON o.id = r.order_id
     CROSS JOIN LATERAL (SELECT coalesce(sum(l.amount), 0) AS lines FROM refund_lines l WHERE l.refund_id = r.id) u
     WHERE r.id = n.refund_id $$;

-- So many units' share of what a line was allotted, as price_refund_share() and cash on delivery round it.
CREATE OR REPLACE FUNCTION unit_share(whole bigint, units bigint, quantity bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT (2 * whole * units + quantity) / (2 * quantity) $$;

-- Units of a line that the invoice is about. What was paid is sold as it was ordered, and what comes back of it has a
-- credit note. Of cash on delivery nobody pays what was canceled or did not arrive: it leaves no credit note.
CREATE OR REPLACE FUNCTION item_sold(o orders, i order_items) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN o.payment_method IS DISTINCT FROM 'cod' THEN i.quantity
                WHEN o.delivered_at IS NULL THEN i.quantity - i.canceled - i.returned
                ELSE (SELECT coalesce(sum(n.quantity), 0) FROM shipments s JOIN shipment_items n ON n.shipment_id = s.id
                       WHERE s.order_id = o.id AND n.item_id = i.id AND s.status = 'delivered') END::bigint $$;

-- What the units of a line cost that are not canceled: what the door will pay, or was paid and not given back.
CREATE OR REPLACE FUNCTION item_kept_amount(o orders, i order_items) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN o.payment_method = 'cod' THEN unit_share(i.line_total, i.quantity - i.canceled, i.quantity)
                ELSE i.line_total - unit_share(i.line_total, i.canceled, i.quantity) END $$;

-- Lines and sums of the invoice. `items`: those of order_json. A line's figures add up: what rounding leaves is its discount's.
CREATE OR REPLACE FUNCTION sold_json(o orders, items jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('subtotal', t.subtotal, 'discount', t.discount, 'tax', t.tax, 'shipping', t.shipping,
        'total', t.total + t.shipping, 'items', t.lines)
      FROM (SELECT coalesce(sum(l.subtotal), 0) AS subtotal, coalesce(sum(l.discount), 0) AS discount, coalesce(sum(l.tax), 0) AS tax,
                   coalesce(sum(l.total), 0) AS total, CASE WHEN count(*) > 0 THEN o.shipping ELSE 0 END AS shipping,
                   coalesce(jsonb_agg(l.shown || jsonb_build_object('row', l.row, 'quantity', l.units, 'line_subtotal', l.subtotal,
                       'discount', l.discount, 'after_discount', l.subtotal - l.discount, 'tax', l.tax, 'line_total', l.total)
                       ORDER BY l.row), '[]') AS lines
              FROM (SELECT k.*, k.subtotal + CASE WHEN o.prices_include_tax THEN 0 ELSE k.tax END - k.total AS discount
                      FROM (SELECT e.value AS shown, row_number() OVER (ORDER BY i.line) AS row, u.units, i.unit_price * u.units AS subtotal,
                                   unit_share(i.tax, u.units, i.quantity) AS tax, unit_share(i.line_total, u.units, i.quantity) AS total
                              FROM jsonb_array_elements(items) e JOIN order_items i ON i.id = (e.value ->> 'id')::bigint
                             CROSS JOIN LATERAL (SELECT item_sold(o, i) AS units) u WHERE u.units > 0) k) l) t $$;
