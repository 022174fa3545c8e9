-- What `tarazu doctor` counts of sessions: never the tokens themselves.
GRANT SELECT (session_id, created_at, used_at, expires_at) ON refresh_tokens TO tarazu_readonly;
