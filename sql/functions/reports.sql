-- What reports have in common.

-- Whole days of Tehran: from the beginning of the one that contains `from_second` to the end of the one
-- that contains `to_second` (Unix seconds).
CREATE OR REPLACE FUNCTION report_period(from_second bigint, to_second bigint, OUT first timestamptz, OUT past timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT date_trunc('day', coalesce(to_timestamp(from_second), shop_now() - interval '29 days') AT TIME ZONE 'Asia/Tehran') AT TIME ZONE 'Asia/Tehran',
           (date_trunc('day', coalesce(to_timestamp(to_second), shop_now()) AT TIME ZONE 'Asia/Tehran') + interval '1 day') AT TIME ZONE 'Asia/Tehran' $$;
