-- A gateway's settlement file beside the books.

-- What the gateway owes the shop or took back, one row each: captured and stray payments, and refunds
-- that it carried out; one that failed after all only if a file had settled it before. `rial`: in the
-- bank's currency.
CREATE OR REPLACE VIEW gateway_items AS
    SELECT p.gateway, 'payment'::text AS kind, p.id AS payment_id, NULL::bigint AS refund_id, p.gateway_ref, p.reference,
           p.received_rial AS rial, CASE p.status WHEN 'captured' THEN 'IRT' ELSE 'IRR' END AS currency, p.order_id, p.settled_at AS at,
           EXISTS (SELECT 1 FROM settlement_rows s WHERE s.payment_id = p.id AND s.kind = 'payment' AND s.posted_at IS NOT NULL) AS settled
      FROM payments p WHERE p.method = 'gateway' AND p.status IN ('captured', 'suspense')
    UNION ALL
    SELECT p.gateway, 'refund', p.id, r.id, p.gateway_ref, coalesce(r.gateway_refund_id, r.reference),
           CASE r.currency WHEN 'IRT' THEN r.amount * 10 ELSE r.amount END, r.currency, r.order_id, coalesce(r.bounced_at, r.done_at), x.settled
      FROM refunds r JOIN payments p ON p.id = r.payment_id
      CROSS JOIN LATERAL (SELECT EXISTS (SELECT 1 FROM settlement_rows s
                                          WHERE s.refund_id = r.id AND s.kind = 'refund' AND s.posted_at IS NOT NULL) AS settled) x
     WHERE r.target = 'gateway' AND ((r.status = 'done' AND r.event = 'complete') OR (r.bounced_at IS NOT NULL AND x.settled));
GRANT SELECT ON gateway_items TO tarazu_web, tarazu_order, tarazu_readonly;

-- Every row of a file with its state: posted, matched, amount_differs, settled_before, duplicate,
-- missing_in_books, unreadable. Equal refunds of one payment are told apart by their order alone.
CREATE OR REPLACE FUNCTION settlement_states(settlement bigint)
RETURNS TABLE (line int, state text, kind text, track_id text, reference text, amount bigint, fee bigint, problem text, raw text,
               payment_id bigint, refund_id bigint, expected bigint, currency text) LANGUAGE sql STABLE AS $$
    WITH f AS (SELECT s.gateway FROM settlements s WHERE s.id = settlement),
    rows AS (
        SELECT r.*, CASE WHEN r.kind = 'refund'
                    THEN row_number() OVER (PARTITION BY r.kind, r.track_id, r.reference, r.amount ORDER BY r.line)
                    ELSE 1 END AS nth,
               r.problem IS NULL AND row_number() OVER (PARTITION BY r.kind,
                    CASE WHEN r.kind = 'payment' THEN coalesce('t' || r.track_id, 'r' || r.reference)
                         WHEN r.reference IS NOT NULL THEN 'r' || r.reference ELSE 'l' || r.line END ORDER BY r.line) > 1 AS again
          FROM settlement_rows r WHERE r.settlement_id = settlement AND r.posted_at IS NULL),
    items AS (
        SELECT i.*, row_number() OVER (PARTITION BY i.kind, i.settled, i.gateway_ref, i.rial ORDER BY i.refund_id) AS nth
          FROM gateway_items i JOIN f ON f.gateway = i.gateway
         WHERE i.gateway_ref IN (SELECT w.track_id FROM rows w) OR i.reference IN (SELECT w.reference FROM rows w)),
    best AS (
        SELECT DISTINCT ON (w.line) w.line, i.payment_id, i.refund_id, i.rial, i.settled, i.currency
          FROM rows w JOIN items i ON i.kind = w.kind
           AND (i.reference = w.reference OR (i.gateway_ref = w.track_id
                AND (w.kind = 'payment' OR i.rial <> w.amount OR i.settled OR i.nth = w.nth)))
         ORDER BY w.line, w.kind = 'payment' AND i.gateway_ref = w.track_id DESC NULLS LAST, i.reference = w.reference DESC NULLS LAST,
                  i.rial = w.amount DESC, i.settled, i.nth)
    SELECT w.line, CASE WHEN w.problem IS NOT NULL THEN 'unreadable' WHEN w.again THEN 'duplicate' WHEN b.line IS NULL THEN 'missing_in_books'
                        WHEN b.settled THEN 'settled_before' WHEN b.rial <> w.amount THEN 'amount_differs' ELSE 'matched' END,
           w.kind, w.track_id, w.reference, w.amount, w.fee, w.problem, w.raw, b.payment_id, b.refund_id, b.rial, b.currency
      FROM rows w LEFT JOIN best b ON b.line = w.line
    UNION ALL
    SELECT r.line, 'posted', r.kind, r.track_id, r.reference, r.amount, r.fee, NULL, r.raw, r.payment_id, r.refund_id, r.amount, NULL
      FROM settlement_rows r WHERE r.settlement_id = settlement AND r.posted_at IS NOT NULL $$;

-- What the books have of the days that the file tells of, and no file has told of yet.
CREATE OR REPLACE FUNCTION settlement_missing(settlement bigint)
RETURNS TABLE (kind text, payment_id bigint, refund_id bigint, track_id text, reference text, rial bigint, at timestamptz, order_id bigint)
LANGUAGE sql STABLE AS $$
    WITH s AS (SELECT payment_id, refund_id FROM settlement_states(settlement) WHERE state IN ('posted', 'matched', 'amount_differs', 'duplicate')),
    days AS (
        SELECT min((i.at AT TIME ZONE 'Asia/Tehran')::date) AS first, max((i.at AT TIME ZONE 'Asia/Tehran')::date) AS last
          FROM s JOIN gateway_items i ON i.payment_id = s.payment_id AND i.refund_id IS NOT DISTINCT FROM s.refund_id)
    SELECT i.kind, i.payment_id, i.refund_id, i.gateway_ref, i.reference, i.rial, i.at, i.order_id
      FROM settlements f JOIN gateway_items i ON i.gateway = f.gateway AND NOT i.settled
      JOIN days d ON (i.at AT TIME ZONE 'Asia/Tehran')::date BETWEEN d.first AND d.last
     WHERE f.id = settlement
       AND NOT EXISTS (SELECT 1 FROM s WHERE s.payment_id = i.payment_id AND s.refund_id IS NOT DISTINCT FROM i.refund_id) $$;

CREATE OR REPLACE FUNCTION settlement_brief_json(f settlements) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('id', f.uuid, 'gateway', f.gateway, 'file_name', f.file_name,
        'status', CASE WHEN f.posted_at IS NULL THEN 'preview' ELSE 'posted' END,
        'uploaded_at', rfc3339(f.uploaded_at), 'uploaded_by', f.uploaded_by, 'posted_at', rfc3339(f.posted_at), 'posted_by', f.posted_by,
        'currency', 'IRR', 'rows', count(r.line), 'posted_rows', count(r.posted_at))
      FROM settlement_rows r WHERE r.settlement_id = f.id $$;

-- With its comparison, as of now.
CREATE OR REPLACE FUNCTION settlement_json(f settlements) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT settlement_brief_json(f) || jsonb_build_object(
        'counts', jsonb_build_object('posted', 0, 'matched', 0, 'amount_differs', 0, 'settled_before', 0, 'duplicate', 0,
                                     'missing_in_books', 0, 'unreadable', 0)
            || (SELECT coalesce(jsonb_object_agg(state, n), '{}') FROM (SELECT state, count(*) AS n FROM settlement_states(f.id) GROUP BY state) c),
        'sums', (SELECT jsonb_build_object('paid', coalesce(sum(amount) FILTER (WHERE kind = 'payment'), 0),
                     'refunded', coalesce(sum(amount) FILTER (WHERE kind = 'refund'), 0), 'fee', coalesce(sum(fee), 0),
                     'net', coalesce(sum(CASE kind WHEN 'payment' THEN amount ELSE -amount END - fee), 0))
                   FROM settlement_states(f.id) WHERE state IN ('posted', 'matched')),
        'missing_in_file', (SELECT count(*) FROM settlement_missing(f.id))) $$;
