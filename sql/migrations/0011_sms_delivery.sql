-- What became of a message after the provider took it. The provider is asked for two hours.
ALTER TABLE sms_log
    ADD COLUMN delivery text CHECK (delivery IN ('delivered', 'undelivered')),
    ADD COLUMN delivery_asked_at timestamptz;
CREATE INDEX sms_log_undecided ON sms_log (at) WHERE outcome = 'sent' AND delivery IS NULL AND message_id IS NOT NULL;
GRANT UPDATE (delivery, delivery_asked_at) ON sms_log TO tarazu_job;
