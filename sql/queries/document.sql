-- Papers of an order: invoice, credit note, packing slip (routes/document.c).

-- name: q_order_invoice :opt (bigint id, text lang)
-- A moment after the payment the number is still to come; what was never sold has no invoice.
SELECT (j.body || sold_json(o, j.body -> 'items')
        || jsonb_build_object('invoice_number', i.number, 'issued_at', rfc3339(i.issued_at), 'seller', o.seller, 'buyer', o.buyer,
        'credit_notes', (SELECT coalesce(jsonb_agg(credit_note_json(n, $2) ORDER BY n.number), '[]')
                           FROM invoices n WHERE n.order_id = o.id AND n.kind = 'credit_note')))::text AS invoice
  FROM orders o CROSS JOIN LATERAL (SELECT order_json(o.id, $2, false) AS body) j
  LEFT JOIN invoices i ON i.order_id = o.id AND i.kind = 'invoice'
 WHERE o.id = $1 AND (i.number IS NOT NULL OR o.paid_at IS NOT NULL OR o.status NOT IN ('pending', 'canceled'))

-- name: q_credit_note :opt (bigint order_id, bigint number, text lang)
SELECT (credit_note_json(n, $3) || jsonb_build_object('seller', o.seller, 'buyer', o.buyer, 'invoice_to', o.invoice_to,
        'address', o.address, 'invoice_number', i.number, 'invoice_issued_at', rfc3339(i.issued_at)))::text AS note
  FROM invoices n JOIN orders o ON o.id = n.order_id LEFT JOIN invoices i ON i.order_id = o.id AND i.kind = 'invoice'
 WHERE n.order_id = $1 AND n.number = $2 AND n.kind = 'credit_note'

-- name: q_packing_slip :opt (text number, text lang)
-- What goes into the parcels: all that is not canceled, and what it costs; a gift shows no prices.
SELECT (jsonb_build_object('number', o.number, 'units', t.units, 'placed_at', rfc3339(o.placed_at), 'gift', o.gift, 'address', o.address,
            'note', o.note, 'shop', o.seller ->> 'name', 'buyer', o.buyer ->> 'name', 'items', t.items,
            'shipping_method', pick_lang(o.shipping_method ->> 'title_fa', o.shipping_method ->> 'title_en', $2))
        || CASE WHEN o.gift THEN '{}'::jsonb
                ELSE jsonb_build_object('total', t.amount + t.shipping, 'shipping', t.shipping, 'currency', o.currency) END)::text AS slip
  FROM orders o CROSS JOIN LATERAL (
       SELECT coalesce(sum(i.units), 0) AS units, coalesce(sum(i.amount), 0) AS amount,
              CASE WHEN count(*) > 0 THEN o.shipping ELSE 0 END AS shipping,
              coalesce(jsonb_agg(jsonb_build_object('row', i.row, 'sku', i.sku, 'title', pick_lang(i.title_fa, i.title_en, $2),
                      'options', options_json(i.options, $2), 'quantity', i.units, 'shipped_quantity', i.shipped)
                  || CASE WHEN o.gift THEN '{}'::jsonb
                          ELSE jsonb_build_object('unit_price', i.unit_price, 'line_total', i.amount) END ORDER BY i.row), '[]') AS items
         FROM (SELECT n.*, n.quantity - n.canceled AS units, item_kept_amount(o, n) AS amount, row_number() OVER (ORDER BY n.line) AS row
                 FROM order_items n WHERE n.order_id = o.id AND n.quantity > n.canceled) i) t
 WHERE o.number = $1

-- name: q_invoice_to_last :opt (bigint customer)
-- In whose name somebody's last official invoice was made out.
SELECT invoice_to::text AS invoice_to FROM orders WHERE customer_id = $1 AND invoice_to IS NOT NULL ORDER BY id DESC LIMIT 1
