#!/bin/sh
# Makes deploy/secrets/: one file for each secret that compose.yaml hands to a process. A file that is there is kept.
# The folder is closed to other users of this host; the files in it are readable, because a container's user is another.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
new() { openssl rand -hex 32; }
keep() { # keep NAME VALUE
    [ -e "secrets/$1" ] || printf '%s\n' "$2" > "secrets/$1"
    chmod 0444 "secrets/$1"
}
for name in postgres-password migrator-password web-password worker-password valkey-password ticket-key turn-secret; do
    keep "$name" "$(new)"
done
keep database-url "postgresql://titrate_web:$(cat secrets/web-password)@postgres/titrate"
keep worker-database-url "postgresql://titrate_worker:$(cat secrets/worker-password)@postgres/titrate"
keep database-owner-url "postgresql://titrate_migrator:$(cat secrets/migrator-password)@postgres/titrate"
keep redis-url "redis://:$(cat secrets/valkey-password)@valkey:6379/0"
if [ ! -e secrets/oidc-client-secret ]; then
    echo "Still to do: write the client secret of your OpenID provider into deploy/secrets/oidc-client-secret" >&2
    echo "(then: chmod 0444 deploy/secrets/oidc-client-secret)." >&2
fi
