-- Roles with the least rights that each needs, and a schema for the tables. Run it in Deductor's own database, as a
-- superuser (or as an owner of that database who may create roles), before the first migration; again does no harm:
--
--   psql --set ON_ERROR_STOP=1 --file roles.sql deductor
--   DEDUCTOR_DATABASE_URL=postgres://deductor_migrator@… deductor migrate up --role deductor_worker
--
--   deductor_migrator   owns the tables: deductor migrate, account, deadletter, partition, dedupe prune
--   deductor_worker     deductor run: adds what was decided, and can neither delete nor rewrite what was paid
--   deductor_reader     deductor status, audit, order show, the lists, and whoever wants to look
--
-- The worker's grants on tables are not here: they belong to the version of Deductor, which gives them itself (above).
-- Passwords are not here either: \password deductor_worker in psql sends no password in clear.

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['deductor_migrator', 'deductor_worker', 'deductor_reader'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I LOGIN', name);
        END IF;
        EXECUTE format('ALTER ROLE %I IN DATABASE %I SET search_path = deductor', name, current_database());
    END LOOP;

    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO deductor_worker, deductor_reader', current_database());
    -- Temporary tables are for dedupe prune.
    EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO deductor_migrator', current_database());
    EXECUTE format('ALTER ROLE deductor_reader IN DATABASE %I SET default_transaction_read_only = on', current_database());
END
$$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA IF NOT EXISTS deductor;
ALTER SCHEMA deductor OWNER TO deductor_migrator;
GRANT USAGE ON SCHEMA deductor TO deductor_worker, deductor_reader;

-- Every table that a migration makes can be read by the reader; no function can be called by who was not granted it.
ALTER DEFAULT PRIVILEGES FOR ROLE deductor_migrator IN SCHEMA deductor GRANT SELECT ON TABLES TO deductor_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE deductor_migrator REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA deductor TO deductor_reader;
