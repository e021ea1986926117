#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The init process inside user-mode Linux (see uml.py). Requests arrive on /dev/ttyS0, one a line:
#   NUMBER SECONDS BASE64(shell text)
# and are answered on the same line as
#   @@ NUMBER STATUS BASE64(stdout) BASE64(stderr)
# Lines which do not start with @@ are noise. "@@quit" powers off.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C
mountpoint -q /proc || mount -t proc proc /proc
# What the collectors see as process 1 shall be an init, not the path of a checkout.
[ "$0" = /proc/self/fd/9 ] || exec -a /sbin/init /bin/bash /proc/self/fd/9 9<"$0"
exec 9<&-
mount -t sysfs sys /sys
mountpoint -q /dev || mount -t devtmpfs dev /dev
# The root is the host's "/", read-only: everything written goes to memory.
for place in /run /tmp /var /mnt /root; do mount -t tmpfs tmp "$place"; done
mkdir -p /run/lock/lvm /run/udev /run/lvm /run/mount /run/answers /dev/pts /dev/shm
mkdir -p /var/lib/mdadm /var/log /var/tmp /tmp/etc
chmod 1777 /tmp /var/tmp
mount -t devpts devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t debugfs debug /sys/kernel/debug 2>/dev/null
cp -a /etc/. /tmp/etc/ 2>/dev/null
mkdir -p /tmp/etc/lvm/archive /tmp/etc/lvm/backup /tmp/etc/mdadm
mount --bind /tmp/etc /etc
ln -sf /proc/self/mounts /etc/mtab
echo 'AUTO -all' >/etc/mdadm/mdadm.conf # udev must not start arrays behind the tests' back
if [ -e /etc/lvm/lvm.conf ]; then
  sed -i -E 's/#? *(udev_sync|udev_rules|obtain_device_list_from_udev|monitoring) = 1/\1 = 0/' /etc/lvm/lvm.conf
fi
mount --bind /usr/lib/uml/modules /lib/modules
echo '/dev/root / hostfs ro 0 0' >/etc/fstab # the host's has nothing to say of this machine
echo "$lab_name" >/etc/hostname
hostname "$lab_name"
ip link set lo up 2>/dev/null
if [ -z "$no_udev" ]; then
  /lib/systemd/systemd-udevd --daemon 2>/dev/null
  udevadm trigger --action=add --subsystem-match=block
  udevadm settle -t 5
fi
exec 3<>/dev/ttyS0
stty -F /dev/ttyS0 raw -echo
echo "@@READY $(cat /proc/uptime)" >&3
while read -r number seconds text <&3; do
  [ "$number" = "@@quit" ] && break
  base=/run/answers/$number
  base64 -d <<<"$text" >"$base"
  timeout -k 2 "$seconds" bash "$base" >"$base.out" 2>"$base.err" </dev/null 3>&-
  status=$?
  echo "@@ $number $status $(base64 -w0 "$base.out") $(base64 -w0 "$base.err")" >&3
  rm -f "$base" "$base.out" "$base.err"
done
sync
echo o >/proc/sysrq-trigger
sleep 5
