-- Goods that run low: a variant's own threshold, and one alert for each time it falls below.

ALTER TABLE variants ADD COLUMN low_stock int CHECK (low_stock BETWEEN 0 AND 1000000); -- NULL: the shop's

CREATE TABLE stock_alerts (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    variant_id bigint NOT NULL,
    available  bigint NOT NULL, -- when it was noticed
    threshold  bigint NOT NULL,
    at         timestamptz NOT NULL DEFAULT shop_now(),
    ended_at   timestamptz      -- there is enough again
);
CREATE UNIQUE INDEX stock_alerts_open ON stock_alerts (variant_id) WHERE ended_at IS NULL;

GRANT SELECT ON stock_alerts TO tarazu_web, tarazu_order, tarazu_pay, tarazu_job, tarazu_readonly;
GRANT INSERT, UPDATE ON stock_alerts TO tarazu_job;
