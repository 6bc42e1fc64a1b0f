# shellcheck shell=bash disable=SC2034
#
# Shared by build.sh and serve.sh, which run in mount and PID namespaces of their
# own: whatever is mounted here is seen by nobody else and goes when they end.

# Gives a root directory what its programs need of a running system. Of /dev only
# what is harmless is bound, one by one, in a /dev of its own.
mount_system() {
  local root=$1 device
  mount -t proc proc "$root/proc"
  mount -t tmpfs -o mode=755 tmpfs "$root/dev"
  for device in null zero full random urandom; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
  done
  mkdir -m 1777 "$root/dev/shm"
  ln -s /proc/self/fd "$root/dev/fd"
}

# The words that run a command in the root directory as its user postgres. Words
# and not a function: started with `&`, a function would be a process in between,
# which would take the signals.
as_postgres() {
  AS_POSTGRES=(chroot --userspec=postgres:postgres "$1"
    env -i PATH=/usr/lib/postgresql/18/bin:/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 HOME=/tmp)
}
