#!/usr/bin/env bash
#
# A stand-in for MongoDB, for tests on machines that cannot get a mongod:
# FerretDB in front of PostgreSQL with the DocumentDB extension.
#
#   ferretdb.sh status                       is it installed?
#   ferretdb.sh install                      installs it into the cache folder
#   ferretdb.sh run --data DIR --port PORT [--ephemeral]
#                                            serves 127.0.0.1:PORT, in the foreground
#
# Connect with mongodb://127.0.0.1:PORT/?directConnection=true
#
# Everything is kept in ${PARLEY_CACHE:-~/.cache/parley}/ferretdb; DIR holds the
# data and lasts. --ephemeral trades safety after a power cut for speed.
#
# Exit status: 0 done; 1 failed (a message says why); 2 wrong usage;
# 3 not possible on this machine; 4 (status, run) not installed.
#
# PostgreSQL comes from a Debian release that has DocumentDB, so it lives in a
# root directory of its own. Whatever works in there does so in mount and PID
# namespaces that end with this script, a kill -9 included: no mount is ever
# seen by the rest of the machine, and no process outlives the script.
set -euo pipefail

readonly FERRETDB_VERSION=v2.7.0
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CACHE=${PARLEY_CACHE:-${HOME:?}/.cache/parley}/ferretdb
# Named by what is inside, so that a new version is installed beside the old one.
INSTALLED=$CACHE/$FERRETDB_VERSION-postgresql-18
export FERRETDB_VERSION

say() { printf 'ferretdb: %s\n' "$*"; }
die() {
  local status=$1
  shift
  printf 'ferretdb: %s\n' "$@" >&2
  exit "$status"
}

# Status 3 unless this machine can run what is installed here.
require_namespaces() {
  [[ $(uname -s) == Linux ]] || die 3 'not possible here: needs Linux.'
  [[ $EUID == 0 ]] || die 3 'not possible here: needs root (it makes a root directory of its own).'
  local tool
  for tool in unshare setpriv flock chroot mount; do
    [[ $(command -v "$tool") ]] || die 3 "not possible here: $tool is missing (package util-linux or coreutils)."
  done
  unshare --mount --propagation private --pid --ipc --fork --kill-child true 2>/dev/null ||
    die 3 'not possible here: namespaces cannot be made (an unprivileged container?).'
}

# Status 3 unless this machine can also install it.
require_installer() {
  require_namespaces
  local ids
  ids=$(. /etc/os-release 2>/dev/null && echo "${ID:-} ${ID_LIKE:-}")
  [[ " $ids " == *' debian '* && $(command -v apt-get) ]] || die 3 'not possible here: needs Debian or Ubuntu.'
  [[ $(command -v go) ]] || die 3 'not possible here: needs the Go toolchain, 1.21 or later, on the PATH.'
}

# Runs a command in namespaces that end when this script does, however it ends.
# A script that is killed before setpriv has done its work signals nobody, so that
# its being there is looked at afterwards.
in_namespaces() {
  # shellcheck disable=SC2016 # for the bash that is started
  exec setpriv --pdeathsig KILL bash -c '[[ $PPID == "$0" ]] && exec "$@"' $$ \
    unshare --mount --propagation private --pid --ipc --fork --kill-child "$@"
}

# Deletes what an interrupted installation left. Its processes are gone, as they
# held the lock, and their mounts went with them; a mount that somebody else made
# in there would lead `rm` out of the directory, so it is looked for all the same.
remove_build() {
  [[ -e $1 ]] || return 0
  if grep -qF " $1/" /proc/self/mountinfo; then
    die 1 "something is mounted in $1; unmount it and try again."
  fi
  rm -rf --one-file-system -- "$1"
}

install_debootstrap() {
  local wanted=(debootstrap debian-archive-keyring wget) missing=() package
  for package in "${wanted[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed' || missing+=("$package")
  done
  [[ ${#missing[@]} == 0 ]] && return
  say "installing ${missing[*]} with apt-get"
  local apt_get=(timeout 180 setsid --wait apt-get -o DPkg::Lock::Timeout=60 -o Acquire::http::Timeout=20)
  local add=("${apt_get[@]}" install --yes --no-install-recommends "${missing[@]}")
  DEBIAN_FRONTEND=noninteractive "${add[@]}" >>"$LOG" 2>&1 && return
  "${apt_get[@]}" update >>"$LOG" 2>&1 || true
  DEBIAN_FRONTEND=noninteractive "${add[@]}" >>"$LOG" 2>&1
}

# The Debian mirror that apt is set up with.
debian_mirror() {
  local mirror
  # shellcheck disable=SC2016 # apt-get fills in the $(REPO_URI)
  mirror=$(apt-get indextargets --format '$(REPO_URI)' \
    'Created-By: Packages' 'Origin: Debian' 'Label: Debian' 'Component: main' 2>/dev/null | head -1)
  [[ $mirror == http* ]] || mirror=http://deb.debian.org/debian
  echo "$mirror"
}

failed_install() {
  trap - EXIT
  tail -n 15 "$LOG" >&2 || true
  remove_build "$BUILD"
  die 1 "the installation failed; its last lines are above, all of it is in $LOG." \
    'Check that the Debian mirror and the Go module proxy can be reached, then run this again,' \
    'or install MongoDB 6 or later (mongod on the PATH), which is used instead.'
}

install() {
  if [[ -d $INSTALLED ]]; then
    say "installed already in $INSTALLED"
    return
  fi
  require_installer
  mkdir -p "$CACHE" || die 1 'the cache folder cannot be written; set PARLEY_CACHE to a folder that can.'
  LOG=$CACHE/install.log
  BUILD=$CACHE/build

  # The lock is inherited by all that the installation starts: it is free again
  # only when the last of it has ended.
  exec 9>"$CACHE/install.lock"
  if ! flock -n 9; then
    say 'waiting for another installation to finish'
    flock -w 900 9 || die 1 'another installation takes too long; end it and try again.'
  fi
  if [[ -d $INSTALLED ]]; then
    say "installed by the other one in $INSTALLED"
    return
  fi

  SECONDS=0
  remove_build "$BUILD"
  : >"$LOG"
  trap failed_install EXIT
  install_debootstrap
  local mirror
  mirror=$(debian_mirror)
  (in_namespaces "$HERE/ferretdb/build.sh" "$BUILD" "$mirror" "$LOG")
  mv -T "$BUILD" "$INSTALLED"
  trap - EXIT
  say "installed in $INSTALLED ($SECONDS s)"
}

run() {
  local data='' port='' ephemeral=''
  while [[ $# -gt 0 ]]; do
    case $1 in
      --data) data=${2:-}; shift 2 ;;
      --port) port=${2:-}; shift 2 ;;
      --ephemeral) ephemeral=yes; shift ;;
      *) die 2 "unknown option $1" ;;
    esac
  done
  [[ $data && $port =~ ^[0-9]+$ ]] || die 2 'usage: ferretdb.sh run --data DIR --port PORT [--ephemeral]'
  require_namespaces
  [[ -d $INSTALLED ]] || die 4 "not installed; run $0 install"
  mkdir -p "$data"
  data=$(cd "$data" && pwd -P)

  # Held by everything that serves DIR, so that a lock file of PostgreSQL's found
  # in it is always a stale one.
  exec 9>"$data/lock"
  flock -w 10 9 || die 1 "$data is in use by another server."

  (in_namespaces "$HERE/ferretdb/serve.sh" "$INSTALLED" "$data" "$port" "$ephemeral") &
  local namespace=$! status=0
  # unshare lets no signal through: what it started is told itself.
  trap 'kill -TERM $(cat "/proc/$namespace/task/$namespace/children") 2>/dev/null || true' TERM INT HUP
  while kill -0 "$namespace" 2>/dev/null; do
    status=0
    wait "$namespace" || status=$?
  done
  exit "$status"
}

verb=${1:-}
[[ $# == 0 ]] || shift
case $verb in
  status) require_namespaces; [[ -d $INSTALLED ]] || die 4 'not installed.'; say "installed in $INSTALLED" ;;
  install) install ;;
  run) run "$@" ;;
  *) die 2 'usage: ferretdb.sh status | install | run --data DIR --port PORT [--ephemeral]' ;;
esac
