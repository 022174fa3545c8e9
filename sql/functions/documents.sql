-- Papers as JSON.

CREATE OR REPLACE FUNCTION credit_note_json(n invoices, lang text) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('number', n.number, 'order', o.number, 'issued_at', rfc3339(n.issued_at), 'amount', r.amount, 'currency', r.currency,
        'to', r.target, 'reason', r.reason,
        'lines', (SELECT coalesce(jsonb_agg(jsonb_build_object('row', l.row, 'sku', t.sku, 'title', pick_lang(t.title_fa, t.title_en, lang),
                      'options', options_json(t.options, lang), 'quantity', l.quantity, 'amount', l.amount) ORDER BY t.line), '[]')
                    FROM (SELECT m.*, row_number() OVER (ORDER BY m.item_id) AS row FROM refund_lines m WHERE m.refund_id = r.id) l
                    JOIN order_items t ON t.id = l.item_id),
        'without_lines', r.amount - (SELECT coalesce(sum(l.amount), 0) FROM refund_lines l WHERE l.refund_id = r.id))
      FROM refunds r JOIN orders o ON o.id = r.order_id WHERE r.id = n.refund_id $$;
