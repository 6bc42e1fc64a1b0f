#!/bin/sh
# Writes .env at the root of the repository: the secrets that docker-compose.yml asks for, made at random for this clone.
# One that is there is kept, since the servers' data is protected by its passwords. For production, have your own secret
# store set the same variables. Passwords are of letters and digits only: they become part of URLs.
set -eu
umask 077
file="$(cd "$(dirname "$0")/../.." && pwd)/.env"

if [ -e "$file" ]; then
  echo "$file is there already and stays as it is."
  exit 0
fi

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

{
  echo "JWT_SECRET=$(random)"
  for role in GATEWAY PROJECTOR QUERY; do
    echo "NATS_${role}_PASSWORD=$(random)"
    echo "MONGODB_${role}_PASSWORD=$(random)"
  done
  echo "MONGODB_ROOT_PASSWORD=$(random)"
} > "$file.new"
mv "$file.new" "$file"
echo "Wrote $file: random secrets for development. Keep it out of version control."
