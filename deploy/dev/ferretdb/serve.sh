#!/usr/bin/env bash
#
# serve.sh ROOT DATA PORT EPHEMERAL: PostgreSQL and FerretDB, until SIGTERM or
# until one of them ends. Started by `ferretdb.sh run` as the first process of a
# PID namespace: when it ends, all in it ends.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/root.sh"

ROOT=$1 DATA=$2 PORT=$3 EPHEMERAL=$4
postgres='' ferretdb=''

# FerretDB would wait for its clients to leave and has nothing to lose; SIGINT is
# PostgreSQL's fast shutdown: sessions are ended, data is written.
shut_down() {
  trap '' TERM INT HUP
  [[ -z $ferretdb ]] || kill -KILL "$ferretdb" 2>/dev/null || true
  [[ -z $postgres ]] || { kill -INT "$postgres" && wait "$postgres"; } 2>/dev/null || true
  exit "$1"
}

prepare_data() {
  mount --bind "$DATA" "$ROOT/data"
  # The template is copied under another name first: a start that was interrupted
  # leaves no half of a database.
  if [[ ! -d $DATA/postgres ]]; then
    rm -rf "$DATA/postgres.new"
    cp -a "$ROOT/var/lib/postgresql/template" "$DATA/postgres.new"
    mv "$DATA/postgres.new" "$DATA/postgres"
  fi
  cp "$HERE/postgresql.conf" "$DATA/postgres/postgresql.conf"
  # `ferretdb.sh run` holds the lock of the directory, so nobody serves it: these
  # were left by a kill -9, and their process number may be anybody's by now.
  rm -rf "$DATA/postgres/postmaster.pid" "$DATA/run"
  chroot "$ROOT" install --directory --owner=postgres /data/run /data/ferretdb
}

start_postgres() {
  local options=()
  [[ -z $EPHEMERAL ]] || options=(-c fsync=off -c synchronous_commit=off -c full_page_writes=off)
  "${AS_POSTGRES[@]}" postgres -D /data/postgres "${options[@]}" &
  postgres=$!
  until "${AS_POSTGRES[@]}" pg_isready --quiet --host=/data/run; do
    kill -0 "$postgres" || shut_down 1
    sleep 0.1
  done
}

start_ferretdb() {
  "${AS_POSTGRES[@]}" ferretdb \
    --postgresql-url='postgres://postgres@/postgres?host=/data/run&pool_max_conns=150' \
    --listen-addr="127.0.0.1:$PORT" --state-dir=/data/ferretdb \
    --no-auth --telemetry=disable --debug-addr=- --log-level=error &
  ferretdb=$!
}

as_postgres "$ROOT"
trap 'shut_down 0' TERM INT HUP
mount_system "$ROOT"
prepare_data
start_postgres
start_ferretdb
wait -n || true
echo 'ferretdb: one of the servers ended by itself' >&2
shut_down 1
