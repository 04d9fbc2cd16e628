# SPDX-License-Identifier: GPL-3.0-or-later
# The first program of a guest that is to have systemd and udev: makes the host's files writable in memory, puts
# /run/share/root over them (udev, what a test installs), and becomes systemd with journal and udev alone. What
# is logged goes to /run/share/journal, and what SystemdGuest.run asks for is done. Debian's units that a classroom's machine has beside are left out: they
# take a minute here.
set -eu
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
new=/run/new
mkdir -p /run/upper /run/work $new
mount -t overlay overlay -o lowerdir=/,upperdir=/run/upper,workdir=/run/work $new
for folder in proc sys dev; do mount --rbind /$folder $new/$folder; done
mount -t tmpfs none $new/run
mkdir -p $new/run/share $new/run/lock
mount --bind /run/share $new/run/share
cp -a /run/share/root/. $new/

units=$new/lib/systemd/system
rm -f $units/*.wants/* $new/etc/systemd/system/*.wants/*
ln -s ../systemd-journald.socket ../systemd-journald-dev-log.socket ../systemd-udevd-kernel.socket \
    ../systemd-udevd-control.socket $units/sockets.target.wants/
ln -s ../systemd-udevd.service $units/sysinit.target.wants/
cat > $new/usr/local/bin/guest << 'END'
journalctl -f -n all -o cat > /run/share/journal &
cd /run/share
: > up
while :; do # what SystemdGuest.run asks for
    if [ -e do ]; then mv do doing; bash doing > said 2>&1; rm doing; else sleep 0.1; fi
done
END
cat > $units/guest.service << END
[Unit]
Requires=basic.target
After=basic.target systemd-udevd.service
[Service]
Type=exec
ExecStart=/bin/bash /usr/local/bin/guest
END
exec chroot $new /lib/systemd/systemd --unit=guest.service --log-target=journal
