#!/bin/sh
# An example of how the secrets are made: prints them, at random, for an overlay (single or production).
#   deploy/kubernetes/secrets.sh production | kubectl create -f -
# Once: `create` refuses those that are there, since the servers' data is protected by them. Your own secret store may make
# the same. Keep a copy of KEYS_MASTER apart from the log: without it every text in it is lost.
set -eu
overlay="${1:?single or production}"
case "$overlay" in
  single) mongodb='mongodb:27017/?authSource=admin&directConnection=true' ;;
  production)
    host=mongodb-svc.mongodb.svc.cluster.local
    mongodb="mongodb-0.$host,mongodb-1.$host,mongodb-2.$host/?authSource=admin&replicaSet=mongodb"
    ;;
  *) echo "$overlay: give single or production" >&2 && exit 2 ;;
esac

# Letters and digits only: they become part of URLs.
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

# secret NAMESPACE NAME KEY=VALUE ...
secret() {
  printf -- '---\napiVersion: v1\nkind: Secret\nmetadata: { name: %s, namespace: %s }\nstringData:\n' "$2" "$1"
  shift 2
  for pair in "$@"; do printf "  %s: '%s'\n" "${pair%%=*}" "${pair#*=}"; done
}

secret parley tokens "JWT_SECRET=$(random)"
secret parley keys "KEYS_MASTER=$(head -c 32 /dev/urandom | base64 | tr -d '\n')"

# NATS reads a variable as its configuration, where 123k is a number: the quotes make it text.
nats="NATS_MIRROR_PASSWORD=\"$(random)\""
users=''
for role in gateway projector query chatctl; do
  name="$(echo "$role" | tr '[:lower:]' '[:upper:]')"
  at_nats="$(random)" at_mongodb="$(random)"
  secret parley "$role" "NATS_PASSWORD=$at_nats" "MONGODB_URL=mongodb://$role:$at_mongodb@$mongodb"
  nats="$nats NATS_${name}_PASSWORD=\"$at_nats\""
  users="$users MONGODB_${name}_PASSWORD=$at_mongodb"
  # MongoDB's operator reads those of its namespace.
  if [ "$overlay" = production ]; then secret mongodb "$role" "password=$at_mongodb"; fi
done
# shellcheck disable=SC2086
secret parley nats $nats
if [ "$overlay" = single ]; then
  root="$(random)"
  secret parley mongodb "MONGODB_ROOT_PASSWORD=$root"
  # shellcheck disable=SC2086
  secret parley mongodb-users "MONGODB_URL=mongodb://root:$root@$mongodb" $users
fi
