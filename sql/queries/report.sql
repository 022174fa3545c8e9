-- Reports out of the books (routes/admin_report.c). Days are Tehran's; without dates the last thirty.

-- name: q_report_ledger :many (bigint from_day, bigint to_day)
-- Trial balance: what each account had before, what came and went, and what it has.
WITH period AS (SELECT * FROM report_period($1, $2))
SELECT e.account::text AS account, e.currency,
       coalesce(sum(e.amount) FILTER (WHERE t.at < p.first), 0)::bigint AS opening,
       coalesce(sum(e.amount) FILTER (WHERE t.at >= p.first AND e.amount > 0), 0)::bigint AS debit,
       -coalesce(sum(e.amount) FILTER (WHERE t.at >= p.first AND e.amount < 0), 0)::bigint AS credit,
       coalesce(sum(e.amount), 0)::bigint AS balance
  FROM period p JOIN ledger_transactions t ON t.at < p.past JOIN ledger_entries e ON e.transaction_id = t.id
 GROUP BY e.account, e.currency ORDER BY e.currency DESC, e.account

-- name: q_report_sales :many (text by, bigint from_day, bigint to_day, text lang)
WITH booked AS (
    SELECT t.order_id, t.event, e.account, e.amount, (t.at AT TIME ZONE 'Asia/Tehran')::date AS day
      FROM report_period($2, $3) p JOIN ledger_transactions t ON t.at >= p.first AND t.at < p.past
      JOIN ledger_entries e ON e.transaction_id = t.id
     WHERE t.event IN ('capture', 'refund') AND e.currency = 'IRT'),
sums AS (
    SELECT CASE $1 WHEN 'province' THEN o.address ->> 'province' ELSE to_char(b.day, 'YYYY-MM-DD') END AS key,
           count(DISTINCT b.order_id) FILTER (WHERE b.event = 'capture') AS orders,
           -coalesce(sum(b.amount) FILTER (WHERE b.account = 'sales'), 0)::bigint AS sales,
           coalesce(sum(b.amount) FILTER (WHERE b.account = 'discounts'), 0)::bigint AS discounts,
           coalesce(sum(b.amount) FILTER (WHERE b.account IN ('returns', 'allowances')), 0)::bigint AS returns,
           -coalesce(sum(b.amount) FILTER (WHERE b.account = 'shipping'), 0)::bigint AS shipping,
           -coalesce(sum(b.amount) FILTER (WHERE b.account = 'tax'), 0)::bigint AS tax
      FROM booked b JOIN orders o ON o.id = b.order_id GROUP BY 1)
SELECT s.key, coalesce((SELECT pick_lang(p.title_fa, p.title_en, $4) FROM provinces p WHERE p.code = s.key), s.key, '–') AS title,
       s.orders, s.sales, s.discounts, s.returns, s.sales - s.discounts - s.returns AS revenue, s.shipping, s.tax
  FROM sums s ORDER BY s.key NULLS LAST

-- name: q_report_receivables :many ()
-- What banks and couriers hold for the shop.
SELECT e.account::text AS account, coalesce(p.gateway, o.shipping_method ->> 'id', '–') AS party, e.currency, sum(e.amount)::bigint AS balance
  FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
  LEFT JOIN payments p ON p.id = t.payment_id LEFT JOIN orders o ON o.id = t.order_id
 WHERE e.account IN ('gateway_clearing', 'courier')
 GROUP BY 1, 2, 3 HAVING sum(e.amount) <> 0 ORDER BY 1, 2, 3
