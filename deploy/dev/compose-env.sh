#!/bin/sh
# Writes .env at the root of the repository: the secrets that docker-compose.yml asks for, made at random for this clone.
# What is there is kept, since the servers' data is protected by its passwords; what is missing is added. For production,
# have your own secret store set the same variables. Passwords are of letters and digits only: they become part of URLs.
set -eu
umask 077
file="$(cd "$(dirname "$0")/../.." && pwd)/.env"

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

key() { head -c 32 /dev/urandom | base64 | tr -d '\n'; }

touch "$file"
# What is added begins a line of its own.
[ -z "$(tail -c 1 "$file")" ] || echo >> "$file"
added=0
for name in JWT_SECRET MONGODB_ROOT_PASSWORD \
  NATS_GATEWAY_PASSWORD NATS_PROJECTOR_PASSWORD NATS_QUERY_PASSWORD NATS_CHATCTL_PASSWORD \
  NATS_MIRROR_PASSWORD NATS_ANALYSTS_SETUP_PASSWORD NATS_ANALYST_PASSWORD \
  MONGODB_GATEWAY_PASSWORD MONGODB_PROJECTOR_PASSWORD MONGODB_QUERY_PASSWORD MONGODB_CHATCTL_PASSWORD \
  GRAFANA_PASSWORD; do
  if ! grep -q "^$name=" "$file"; then
    echo "$name=$(random)" >> "$file"
    added=$((added + 1))
  fi
done
if ! grep -q "^KEYS_MASTER=" "$file"; then
  echo "KEYS_MASTER=$(key)" >> "$file"
  added=$((added + 1))
fi
echo "$file: added $added random secrets for development, the others stay as they are. Keep it out of version control."
