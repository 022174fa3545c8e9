-- Invoice and credit note numbers: gapless, in one sequence, given by one job at a time to what has
-- certainly been committed; never in the business transaction.
CREATE TABLE invoices (
    number    bigint PRIMARY KEY CHECK (number > 0),
    kind      text NOT NULL CHECK (kind IN ('invoice', 'credit_note')),
    order_id  bigint NOT NULL REFERENCES orders,
    refund_id bigint REFERENCES refunds,
    issued_at timestamptz NOT NULL DEFAULT shop_now(),
    CHECK ((kind = 'credit_note') = (refund_id IS NOT NULL))
);
CREATE UNIQUE INDEX invoices_order ON invoices (order_id) WHERE kind = 'invoice';
CREATE UNIQUE INDEX invoices_refund ON invoices (refund_id) WHERE refund_id IS NOT NULL;
CREATE TRIGGER invoices_append_only BEFORE UPDATE OR DELETE ON invoices
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT ON invoices TO tarazu_web, tarazu_order, tarazu_pay, tarazu_job, tarazu_readonly;
GRANT INSERT ON invoices TO tarazu_job;
