-- A fault of the shop's own account at the SMS provider (credit, key, line, template): the owner must act.
ALTER TABLE sms_log ADD COLUMN shop_fault boolean NOT NULL DEFAULT false;
CREATE INDEX sms_log_faults ON sms_log (at) WHERE shop_fault;

-- Whoever leaves is taken out of what else names them (q_customer_erase_traces).
GRANT UPDATE (phone) ON sms_log TO tarazu_web;
GRANT DELETE ON otp_codes, stock_requests TO tarazu_web;
