-- The database's roles, one a kind of process; run by a superuser before the first `tarazu migrate`
-- (scripts/run does it at every start). Safe to run again. What each may touch is granted by the
-- migrations. Set passwords or certificates for them in production.
--
-- Time limits belong to the role: lock_timeout < statement_timeout < idle_in_transaction_session_timeout,
-- so that a wait for a lock ends as "busy, try again" before anything is cut off in the middle.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['tarazu_owner', 'tarazu_web', 'tarazu_order', 'tarazu_pay',
                                'tarazu_job', 'tarazu_readonly']
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I LOGIN', name);
        END IF;
        EXECUTE format('ALTER ROLE %I SET timezone = ''UTC''', name);
        EXECUTE format('ALTER ROLE %I SET jit = off', name); -- short statements: compiling costs more than it saves
    END LOOP;
    -- Requests of people.
    FOREACH name IN ARRAY ARRAY['tarazu_web', 'tarazu_order', 'tarazu_pay']
    LOOP
        EXECUTE format('ALTER ROLE %I SET lock_timeout = ''2s''', name);
        EXECUTE format('ALTER ROLE %I SET statement_timeout = ''5s''', name);
        EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = ''10s''', name);
    END LOOP;
END
$$;

-- Jobs may take longer over a statement (reports, clearing away), not over a lock.
ALTER ROLE tarazu_job SET lock_timeout = '4s';
ALTER ROLE tarazu_job SET statement_timeout = '60s';
ALTER ROLE tarazu_job SET idle_in_transaction_session_timeout = '90s';

-- People and programs that only look.
ALTER ROLE tarazu_readonly SET default_transaction_read_only = on;
ALTER ROLE tarazu_readonly SET lock_timeout = '2s';
ALTER ROLE tarazu_readonly SET statement_timeout = '30s';
ALTER ROLE tarazu_readonly SET idle_in_transaction_session_timeout = '60s';

-- Migrations wait for their turn, never for long for a table in use.
ALTER ROLE tarazu_owner SET lock_timeout = '10s';
