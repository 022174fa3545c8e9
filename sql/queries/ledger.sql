-- name: q_ledger_post :many (text event, bigint order_id, bigint payment, bigint refund, text[] accounts, text[] currencies, bigint[] amounts)
-- A whole transaction in one INSERT of entries; the statement trigger proves the zero sum.
WITH t AS (INSERT INTO ledger_transactions (event, order_id, payment_id, refund_id) VALUES ($1, $2, $3, $4) RETURNING id)
INSERT INTO ledger_entries (transaction_id, account, currency, amount)
SELECT t.id, e.account::ledger_account, e.currency, e.amount
  FROM t, unnest($5, $6, $7) AS e(account, currency, amount) RETURNING id
