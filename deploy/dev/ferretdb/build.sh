#!/usr/bin/env bash
#
# build.sh ROOT MIRROR LOG: makes the root directory of the stand-in for MongoDB.
# Started by `ferretdb.sh install`, in namespaces of its own.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/root.sh"

ROOT=$1 MIRROR=$2 LOG=$3
# The first Debian release with postgresql-18-documentdb.
readonly RELEASE=forky

step() { printf 'ferretdb: [%s] %s (%s s)\n' "$1" "$2" "$SECONDS"; }

# An older debootstrap does not know the release, but its recipe is that of sid.
bootstrap() {
  timeout 300 debootstrap --variant=minbase \
    --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
    "$RELEASE" "$ROOT" "$MIRROR" /usr/share/debootstrap/scripts/sid
}

# Signatures are checked; a mirror that is a little behind is accepted, and so are
# unsafe writes, as an interrupted installation is thrown away as a whole.
configure_packages() {
  printf 'Acquire::Check-Valid-Until "false";\nAcquire::http::Timeout "20";\nAPT::Sandbox::User "root";\n' \
    >"$ROOT/etc/apt/apt.conf.d/50parley"
  echo force-unsafe-io >"$ROOT/etc/dpkg/dpkg.cfg.d/parley"
  mkdir -p "$ROOT/etc/postgresql-common"
  echo 'create_main_cluster = false' >"$ROOT/etc/postgresql-common/createcluster.conf"
}

install_postgresql() {
  local apt_get=(timeout 300 chroot "$ROOT" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get)
  "${apt_get[@]}" update
  "${apt_get[@]}" install --yes --no-install-recommends -o Dpkg::Options::=--force-confold \
    postgresql-18 postgresql-18-documentdb
  "${apt_get[@]}" clean
  rm -rf "$ROOT"/var/lib/apt/lists/*
}

# An initialised data directory: the first start of each server is a copy of it.
initialise_template() {
  local template=/var/lib/postgresql/template
  "${AS_POSTGRES[@]}" initdb --encoding=UTF8 --locale=C.UTF-8 --auth=trust --no-sync "$template"
  cp "$HERE/postgresql.conf" "$ROOT$template/postgresql.conf"
  mkdir -p "$ROOT/data"
  chroot "$ROOT" install --directory --owner=postgres /data/run
  "${AS_POSTGRES[@]}" pg_ctl --pgdata="$template" --wait --timeout=60 start
  "${AS_POSTGRES[@]}" psql --host=/data/run --dbname=postgres --command='CREATE EXTENSION documentdb CASCADE'
  "${AS_POSTGRES[@]}" pg_ctl --pgdata="$template" --wait --mode=fast stop
}

# With GOBIN set, `go install` leaves just the program. What it says is kept apart,
# as it runs beside the rest.
build_ferretdb() {
  CGO_ENABLED=0 GOBIN=$1 timeout 400 \
    go install "github.com/FerretDB/FerretDB/v2/cmd/ferretdb@$FERRETDB_VERSION" >"$LOG.go" 2>&1
}

as_postgres "$ROOT"
exec 3>&1 >>"$LOG" 2>&1
mkdir -p "$ROOT/usr/local/bin"
step 1/5 "building FerretDB $FERRETDB_VERSION with Go, while the rest is installed" >&3
build_ferretdb "$ROOT/usr/local/bin" &
ferretdb=$!
step 2/5 "unpacking Debian $RELEASE from $MIRROR" >&3
bootstrap
step 3/5 'installing PostgreSQL 18 with DocumentDB' >&3
mount_system "$ROOT"
configure_packages
install_postgresql
step 4/5 'preparing a database' >&3
initialise_template
step 5/5 'waiting for FerretDB to be built' >&3
status=0
wait "$ferretdb" || status=$?
cat "$LOG.go"
rm "$LOG.go"
exit "$status"
