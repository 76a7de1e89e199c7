#!/bin/bash
# Build a small Debian guest with a real Bluetooth stack: build_image.sh FOLDER (root; about a minute; needs the
# Debian mirror and Python index that this machine is set up for). Does nothing where FOLDER is up to date.
# The result is kernel, initrd and a tree in base.tar; install_unit.sh makes the disk of it.
# It holds kernel (hci_vhci; virtio_gpu for the screen; vivid, whose HDMI sockets have a television on CEC), systemd,
# D-Bus, polkit, bluetoothd, mosquitto, Mesa for KMSDRM, cec-ctl, Python with venv, and Bumble for the virtual radio. It keeps what a harsh machine would keep (journal on disk, core files, swap), and none of it compressed,
# so that a search for bytes finds what is there.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
image=$1
suite=trixie python=3.13

step() { printf '  guest image: %s\n' "$*"; }
recipe=$(cat "$here"/build_image.sh "$here"/extract_kernel.py "$here"/init "$here"/command-shell | sha256sum | cut -c1-16)
[ "$(cat "$image/recipe" 2>/dev/null)" = "$recipe" ] && exit 0
[ "$(id -u)" = 0 ] || { echo "Building the guest needs root." >&2; exit 1; }

tools=(qemu-system-x86 qemu-utils mmdebstrap debian-archive-keyring e2fsprogs cpio zstd kmod busybox-static)
missing=()
for tool in "${tools[@]}"; do dpkg --status "$tool" >/dev/null 2>&1 || missing+=("$tool"); done
if [ ${#missing[@]} -gt 0 ]; then
  step "apt-get install ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq || true
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
rm -rf "$image"; mkdir -p "$image"

step "Debian $suite"
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -1)
mmdebstrap --variant=minbase --mode=root --quiet \
  --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' --dpkgopt='force-unsafe-io' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --include=systemd-sysv,dbus,udev,kmod,iproute2,procps,bluez,rfkill,polkitd,systemd-coredump,python3-venv,mosquitto,mosquitto-clients,libpangocairo-1.0-0,fonts-dejavu-core,libgbm1,libegl1,libgles2,libgl1-mesa-dri,v4l-utils \
  --customize-hook='chroot "$1" sh -c "cd /root && apt-get -qq download \$(apt-cache depends linux-image-amd64 | sed -n \"s/.*Depends: //p\" | head -1)"' \
  "$suite" "$root" "$mirror"

step "kernel and its modules"
mkdir "$work/kernel"
dpkg-deb --fsys-tarfile "$root"/root/linux-image-*.deb | tar x -C "$work/kernel"
mkdir -p "$work/kernel/lib"; [ -d "$work/kernel/lib/modules" ] || mv "$work/kernel/usr/lib/modules" "$work/kernel/lib/"
release=$(ls "$work/kernel/lib/modules")
depmod -b "$work/kernel" "$release"
python3 "$here/extract_kernel.py" "$work/kernel/boot/vmlinuz-$release" "$image/vmlinux"
boot_modules="virtio_blk virtio_net ext4 crc32c_generic"
modules="$boot_modules bluetooth hci_vhci cmac algif_hash algif_skcipher ecdh_generic 9p 9pnet_virtio autofs4 virtio_rng uhid virtio_gpu vivid"
files_of() {  # the files of modules and of what they need, in loading order
  for name in "$@"; do modprobe -d "$work/kernel" -S "$release" --show-depends "$name" 2>/dev/null | awk '$1 == "insmod" {print $2}'
  done | awk '!seen[$0]++'
}
unpack() { case $1 in *.xz) xz -dc "$1" ;; *.zst) zstd -dcq "$1" ;; *) cat "$1" ;; esac; }
target=$root/usr/lib/modules/$release
mkdir -p "$target"; cp "$work/kernel/lib/modules/$release"/modules.{builtin,builtin.modinfo,order} "$target/"
for file in $(files_of $modules); do
  to=$target/${file#*/lib/modules/"$release"/}; mkdir -p "$(dirname "$to")"; unpack "$file" > "${to%%.ko*}.ko"
done
depmod -b "$root" "$release"

initrd=$work/initrd; mkdir -p "$initrd"/{bin,proc,sys,dev,new,modules}
cp "$(command -v busybox)" "$initrd/bin/busybox"; ln -s busybox "$initrd/bin/sh"; install "$here/init" "$initrd/init"
number=10
for file in $(files_of $boot_modules); do
  name=$(basename "$file"); unpack "$file" > "$initrd/modules/$number-${name%%.ko*}.ko"; number=$((number + 1))
done
(cd "$initrd" && find . | cpio -o -H newc --quiet) > "$image/initrd"

step "Bumble, for the virtual radio"
platforms=(); for tag in 2_17 2_28 2_34; do platforms+=(--platform "manylinux_${tag}_x86_64"); done
"${PYTHON:-python3}" -m pip install --quiet --disable-pip-version-check --target "$root/opt/radio" --only-binary :all: --python-version $python \
  --implementation cp "${platforms[@]}" --platform manylinux2014_x86_64 --platform any bumble 2> >(grep -v WARNING >&2)
chroot "$root" python3 -m compileall -q /opt/radio >/dev/null || true

step "settings"
echo guest > "$root/etc/hostname"
echo '127.0.0.1 localhost guest' > "$root/etc/hosts"
printf '/dev/vda / ext4 rw,noatime 0 0\n/dev/vdb none swap sw 0 0\n' > "$root/etc/fstab"
mkdir -p "$root/var/log/journal" "$root"/etc/systemd/{journald,coredump}.conf.d
printf '[Journal]\nStorage=persistent\nCompress=no\n' > "$root/etc/systemd/journald.conf.d/guest.conf"
printf '[Coredump]\nStorage=external\nCompress=no\n' > "$root/etc/systemd/coredump.conf.d/guest.conf"
printf 'bluetooth\nhci_vhci\n' > "$root/etc/modules-load.d/bluetooth.conf"
install -D "$here/command-shell" "$root/usr/local/bin/command-shell"
cat > "$root/etc/systemd/system/command-shell.socket" <<'X'
[Unit]
DefaultDependencies=no
[Socket]
ListenStream=5000
Accept=yes
TriggerLimitIntervalSec=0
[Install]
WantedBy=basic.target
X
cat > "$root/etc/systemd/system/command-shell@.service" <<'X'
[Unit]
CollectMode=inactive-or-failed
[Service]
ExecStart=/usr/local/bin/command-shell
StandardInput=socket
StandardOutput=socket
KillMode=process
X
systemctl --quiet --root="$root" enable command-shell.socket bluetooth.service
systemctl --quiet --root="$root" set-default multi-user.target
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer getty@tty1.service \
  serial-getty@ttyS0.service systemd-networkd.service ldconfig.service systemd-update-utmp.service systemd-binfmt.service proc-sys-fs-binfmt_misc.automount \
  systemd-tpm2-setup.service systemd-tpm2-setup-early.service systemd-hwdb-update.service mosquitto.service; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
rm -rf "$root"/usr/lib/udev/hwdb.* "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/root/*.deb "$root"/boot/*

tar --create --file "$image/base.tar" --directory "$root" .
echo "$recipe" > "$image/recipe"
