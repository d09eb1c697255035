#!/bin/sh
# Gives the three logins of roles.sql the passwords that lie in files, without showing them to any process list or log.
# The database image runs it once, after roles.sql; to change passwords later, run it again as the superuser.
set -eu
SECRETS="${SECRETS:-/run/secrets}"
export SECRETS
psql --quiet --no-psqlrc --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
\set migrator `cat "$SECRETS/migrator-password"`
\set web `cat "$SECRETS/web-password"`
\set worker `cat "$SECRETS/worker-password"`
SET log_statement = 'none';
ALTER ROLE titrate_migrator PASSWORD :'migrator';
ALTER ROLE titrate_web PASSWORD :'web';
ALTER ROLE titrate_worker PASSWORD :'worker';
SQL
