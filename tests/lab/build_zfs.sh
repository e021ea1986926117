#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds ZFS for the guest of guest.py out of Debian's packages: modules compiled for exactly its kernel, and
# the programs beside them, as one small disk image. contrib is enabled in a throw-away chroot only.
#
#   build_zfs.sh OUT KERNEL_PACKAGE [SUITE]      SUITE: empty, or bookworm-backports for a newer release
#
# OUT gets: zfs.img (an ext4 image with modules/, order, root/), version, build.log
set -euo pipefail
umask 022
OUT=$(mkdir -p "$1" && cd "$1" && pwd)
KVER=${2#linux-image-}
NEWER=${3:-}
SUITE=$(. /etc/os-release && echo "$VERSION_CODENAME")
WORK=$(mktemp -d "$OUT/work.XXXXXX")
R=$WORK/chroot
trap '[ -n "${KEEP:-}" ] || rm -rf "$WORK"' EXIT # KEEP=1: to see what went wrong
chmod 755 "$WORK"

lap() { echo "$1 after ${SECONDS}s"; }

sources() {
  local from=/etc/apt/sources.list.d/debian.sources
  if [ ! -e "$from" ]; then
    [ -z "$NEWER" ] || { echo "needs $from" >&2; exit 1; }
    grep -h '^deb ' /etc/apt/sources.list | sed 's/ main.*/ main contrib/'
    return
  fi
  grep -v '^#' "$from" | sed 's/^Components:.*/Components: main contrib/'
  [ -z "$NEWER" ] && return
  echo
  grep -v '^#' "$from" | awk '/^Types:/{n++} n<2' |
    sed "s/^Suites:.*/Suites: $NEWER/; s/^Components:.*/Components: main contrib/"
}

compile() {
  local prefer=() list=$WORK/zfs.sources
  [ -e /etc/apt/sources.list.d/debian.sources ] || list=$WORK/zfs.list
  sources >"$list"
  if [ -n "$NEWER" ]; then
    printf 'Package: zfs* libzfs* libnvpair* libuutil* libzpool* libzfsbootenv*\nPin: release n=%s\nPin-Priority: 990\n' \
      "$NEWER" >"$WORK/pin"
    prefer=(--setup-hook="mkdir -p \"\$1/etc/apt/preferences.d\"; cp $WORK/pin \"\$1/etc/apt/preferences.d/zfs\"")
  fi
  DEBIAN_FRONTEND=noninteractive mmdebstrap --quiet --variant=apt "${prefer[@]}" \
    --include="linux-headers-$KVER,gcc,make,dkms,kmod,mount,udev,python3-minimal,zfs-dkms,zfsutils-linux" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    "$SUITE" "$R" "$list"
  lap "chroot made, modules compiled by dkms"
}

pack() {
  local to=$WORK/image package file
  mkdir -p "$to/modules" "$to/root"
  chroot "$R" depmod "$KVER" 2>/dev/null
  chroot "$R" modprobe -S "$KVER" --show-depends zfs | awk '/^insmod/{print $2}' | while read -r file; do
    cp "$R$file" "$to/modules/"
    basename "$file" >>"$to/order"
  done
  # The programs, and of the libraries they need whatever the guest may lack.
  # Everything goes below /usr: /lib and /sbin are links there.
  chroot "$R" dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' zfsutils-linux 'libzfs*' 'libnvpair*' 'libuutil*' \
    'libzpool*' 'libtirpc*' 2>/dev/null | awk '$1 == "ii" {print $2}' >"$WORK/packages"
  while read -r package; do
    chroot "$R" dpkg -L "$package"
  done <"$WORK/packages" | grep -E '^(/usr)?/s?bin/|^(/usr)?/lib/.*\.so' >"$WORK/files"
  while read -r file; do
    [ -f "$R$file" ] || continue
    mkdir -p "$to/root/usr$(dirname "${file#/usr}")"
    cp -a "$R$file" "$to/root/usr${file#/usr}"
  done <"$WORK/files"
  chroot "$R" dpkg-query -W -f '${Version}\n' zfsutils-linux >"$OUT/version"
  cp "$OUT/version" "$to/version"
  rm -f "$OUT/zfs.img"
  mke2fs -q -t ext4 -O ^has_journal -L labzfs -d "$to" "$OUT/zfs.img" 96M
  lap "image packed"
}

compile
pack
