-- One-time codes are taken before other work, however much of that lies about.
CREATE INDEX jobs_ready_kind ON jobs (kind, run_at, id) WHERE state = 'ready';
