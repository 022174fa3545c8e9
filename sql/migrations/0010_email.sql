-- E-mail addresses are verified by a link sent to them: kept as SHA-256, good for a day and one use.
CREATE TABLE email_links (
    hash        text PRIMARY KEY CHECK (hash ~ '^[0-9a-f]{64}$'),
    customer_id bigint NOT NULL REFERENCES customers,
    email       text NOT NULL, -- the address that the link proves, whatever the customer has by then
    created_at  timestamptz NOT NULL DEFAULT shop_now(),
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz
);
CREATE INDEX email_links_customer ON email_links (customer_id, created_at);
CREATE INDEX email_links_expiry ON email_links (expires_at);

GRANT SELECT, INSERT, DELETE, UPDATE (used_at) ON email_links TO tarazu_web;
GRANT SELECT, DELETE ON email_links TO tarazu_job;
GRANT SELECT (customer_id, created_at, expires_at, used_at) ON email_links TO tarazu_readonly;
