-- Makes the roles of Titrate. Run by a superuser, connected to the (at first empty) database that Titrate shall use:
--
--   psql --dbname=titrate --set=ON_ERROR_STOP=1 --file=deploy/postgres/roles.sql
--
-- Run it again for a release that brings a role: it makes what is missing and changes nothing else. The three logins
-- have no password until one is set (passwords.sh beside this file, or \password in psql), so nobody can use them by
-- password before.
--
--   titrate_owner     owns database and tables; nobody logs in as it
--   titrate_migrator  logs in for `titrate migrate` alone and assumes titrate_owner (DATABASE_OWNER_URL)
--   titrate_app       holds what migrations grant: reading and inserting, little more
--   titrate_sealer    besides holds the right to write the log's leaves and checkpoints
--   titrate_web       logs in for the web processes and commands (DATABASE_URL); cannot seal
--   titrate_worker    logs in for the worker (WORKER_DATABASE_URL)

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'titrate_owner') THEN
        CREATE ROLE titrate_owner NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'titrate_app') THEN
        CREATE ROLE titrate_app NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'titrate_migrator') THEN
        CREATE ROLE titrate_migrator LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'titrate_web') THEN
        CREATE ROLE titrate_web LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'titrate_sealer') THEN
        CREATE ROLE titrate_sealer NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'titrate_worker') THEN
        CREATE ROLE titrate_worker LOGIN;
    END IF;
END
$$;

-- A role of these names that was there before may have been given more.
ALTER ROLE titrate_owner NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE titrate_app NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE titrate_migrator NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE titrate_web NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE titrate_sealer NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE titrate_worker NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;

-- A statement that runs longer holds up a visit. Connections of the program's own say so themselves; those of a pooler
-- (PgBouncer in transaction mode) begin with what the login has.
ALTER ROLE titrate_web SET statement_timeout = '15s';
ALTER ROLE titrate_worker SET statement_timeout = '15s';

GRANT titrate_owner TO titrate_migrator;
GRANT titrate_app TO titrate_web, titrate_worker;
GRANT titrate_sealer TO titrate_worker;

-- The owner of a database may make tables in its schema public; everybody else only what is granted.
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I OWNER TO titrate_owner', current_database());
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO titrate_app, titrate_owner', current_database());
END
$$;
