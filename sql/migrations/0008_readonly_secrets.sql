-- Readers see no password, token or code, not even hashed. (Reading every table was granted in
-- 0004_orders; a table's REVOKE also takes its columns, so those come back one by one.)
REVOKE SELECT ON staff, api_keys, sessions, refresh_tokens, otp_codes, otp_challenges FROM tarazu_readonly;
GRANT SELECT (id, username, name, role, created_at, last_login_at, disabled_at) ON staff TO tarazu_readonly;
GRANT SELECT (id, staff_id, name, permissions, created_at, used_at, expires_at, revoked_at) ON api_keys TO tarazu_readonly;
GRANT SELECT (id, customer_id, staff_id, created_at, last_seen_at, expires_at, ended_at, end_reason) ON sessions TO tarazu_readonly;
GRANT SELECT (session_id, created_at, used_at, expires_at) ON refresh_tokens TO tarazu_readonly;
GRANT SELECT (id, phone, challenges, created_at, expires_at, used_at) ON otp_codes TO tarazu_readonly;
GRANT SELECT (id, code_id, purpose, attempts_left, created_at) ON otp_challenges TO tarazu_readonly;
