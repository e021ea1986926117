#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds the guest of guest.py: kernel, small initramfs and an ext4 root image, out of Debian packages.
# No loop mount, no initramfs-tools. Needs root (mmdebstrap in root mode) and a Debian with bookworm or later.
#
#   build_guest.sh OUT KERNEL_PACKAGE PACKAGES,SEPARATED,BY,COMMAS
#
# OUT gets: vmlinuz, initrd.img, root.img, id (client key), id.pub, host_key.pub, build.log
set -euo pipefail
umask 022
OUT=$(mkdir -p "$1" && cd "$1" && pwd)
KPKG=$2
INCLUDE=$3
KVER=${KPKG#linux-image-}
SUITE=$(. /etc/os-release && echo "$VERSION_CODENAME")
WORK=$(mktemp -d "$OUT/work.XXXXXX")
trap 'rm -rf "$WORK"' EXIT
chmod 755 "$WORK"
R=$WORK/rootfs

sources() {
  if [ -e /etc/apt/sources.list.d/debian.sources ]; then
    grep -v '^#' /etc/apt/sources.list.d/debian.sources
  else
    grep -h '^deb ' /etc/apt/sources.list
  fi
}

lap() { echo "$1 after ${SECONDS}s"; }

unpack_kernel() {
  mkdir -m 755 "$WORK/deb"
  (cd "$WORK/deb" && apt-get download -q "$KPKG")
  dpkg -x "$WORK"/deb/*.deb "$WORK/kroot"
  cp "$WORK/kroot/boot/vmlinuz-$KVER" "$OUT/vmlinuz"
  lap "kernel unpacked"
}

make_root() {
  local list=$WORK/guest.sources
  [ -e /etc/apt/sources.list.d/debian.sources ] || list=$WORK/guest.list
  sources >"$list"
  mmdebstrap --quiet --variant=apt --include="$INCLUDE" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' "$SUITE" "$R" "$list"
  rm -rf "$R"/etc/apt/sources.list "$R"/etc/apt/sources.list.d/* "$R"/var/cache/apt/* "$R"/var/lib/apt/lists/*
  lap "root file system made"
}

copy_modules() {
  local from=$WORK/kroot/usr/lib/modules/$KVER to=$R/usr/lib/modules/$KVER part
  [ -e "$from" ] || from=$WORK/kroot/lib/modules/$KVER # before Debian 13
  mkdir -p "$to/kernel"
  cp "$from"/modules.* "$to/"
  for part in block drivers/md drivers/nvme drivers/ata drivers/scsi drivers/block drivers/virtio drivers/char \
    fs lib crypto arch drivers/net/virtio_net.ko{,.xz} drivers/net/net_failover.ko{,.xz} net/core; do
    [ -e "$from/kernel/$part" ] || continue
    mkdir -p "$to/kernel/$(dirname $part)"
    cp -r "$from/kernel/$part" "$to/kernel/$(dirname $part)/"
  done
  depmod -b "$R/usr" "$KVER" 2>/dev/null || depmod -b "$R" "$KVER"
  lap "modules copied"
}

write_init() {
  cat >"$R/sbin/init" <<'INIT'
#!/bin/bash
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mount -t proc proc /proc; mount -t sysfs sys /sys; mountpoint -q /dev || mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts -o mode=620,ptmxmode=666; mount -t tmpfs tmp /run; mount -t tmpfs tmp /dev/shm
mkdir -p /run/sshd /run/lock /run/udev /run/lvm; hostname labguest
/lib/systemd/systemd-udevd --daemon
modprobe virtio_net
udevadm trigger --action=add
udevadm settle -t 20
ip link set lo up
ip link set eth0 up
ip addr add 10.0.2.15/24 dev eth0
modprobe -a nvme ahci sd_mod sg megaraid_sas raid1 raid10 raid456 dm-mod loop
udevadm settle -t 10
/usr/sbin/sshd -o UseDNS=no
echo "LABGUEST-READY $(cut -d' ' -f1 /proc/uptime)" > /dev/console
while :; do sleep 3600; done
INIT
  chmod 755 "$R/sbin/init"
}

make_users() {
  rm -f "$OUT"/id "$OUT"/id.pub "$R"/etc/ssh/ssh_host_*
  ssh-keygen -q -t ed25519 -N '' -C holdwater-lab -f "$OUT/id"
  ssh-keygen -q -t ed25519 -N '' -C labguest -f "$R/etc/ssh/ssh_host_ed25519_key"
  cp "$R/etc/ssh/ssh_host_ed25519_key.pub" "$OUT/host_key.pub"
  chroot "$R" useradd --create-home --shell /bin/bash auditor
  mkdir -p "$R/root/.ssh" "$R/home/auditor/.ssh"
  cp "$OUT/id.pub" "$R/root/.ssh/authorized_keys"
  cp "$OUT/id.pub" "$R/home/auditor/.ssh/authorized_keys"
  chmod 700 "$R/root/.ssh" "$R/home/auditor/.ssh"
  chroot "$R" chown -R auditor: /home/auditor/.ssh
  printf 'PermitRootLogin prohibit-password\nPasswordAuthentication no\n' >>"$R/etc/ssh/sshd_config"
  mkdir -p "$R/etc/mdadm"
  echo 'AUTO -all' >"$R/etc/mdadm/mdadm.conf" # udev must not start arrays behind the tests' back
  echo '127.0.0.1 localhost labguest' >"$R/etc/hosts"
  lap "users and keys made"
}

make_initramfs() {
  local dir=$WORK/initrd applet module file name names=""
  mkdir -p "$dir"/{bin,dev,proc,sys,mnt,lib/modules}
  cp "$(command -v busybox)" "$dir/bin/"
  for applet in sh mount switch_root insmod echo sleep; do ln -s busybox "$dir/bin/$applet"; done
  for module in virtio_pci virtio_blk ext4 crc32c_generic; do
    for file in $(modprobe -d "$R" -S "$KVER" --show-depends "$module" 2>/dev/null | awk '/^insmod/{print $2}'); do
      name=$(basename "$file" .xz)
      [ -e "$dir/lib/modules/$name" ] && continue
      if [ "${file%.xz}" = "$file" ]; then cp "$file" "$dir/lib/modules/"; else xz -dc "$file" >"$dir/lib/modules/$name"; fi
      names="$names $name"
    done
  done
  cat >"$dir/init" <<INIT
#!/bin/sh
mount -t proc proc /proc; mount -t devtmpfs dev /dev; mount -t sysfs sys /sys
for m in $names; do insmod /lib/modules/\$m; done
i=0; while [ ! -b /dev/vda ] && [ \$i -lt 100 ]; do sleep 0.1; i=\$((i+1)); done
mount -t ext4 -o rw /dev/vda /mnt || exec sh
mount -o move /dev /mnt/dev
exec switch_root /mnt /sbin/init
INIT
  chmod 755 "$dir/init"
  (cd "$dir" && find . | cpio -o -H newc --quiet | zstd -q -3 >"$OUT/initrd.img")
  lap "initramfs made"
}

unpack_kernel
make_root
copy_modules
write_init
make_users
make_initramfs
rm -f "$OUT/root.img"
mke2fs -q -t ext4 -O ^has_journal -L labroot -d "$R" "$OUT/root.img" 1200M
lap "root image made"
