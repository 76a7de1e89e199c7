#!/bin/bash
# Install a unit in the guest, as a user would, and make its disk: install_unit.sh FOLDER CHECKOUT
# CHECKOUT holds systemd/, docs/, README.md and wheels/. It is done in a chroot: under emulation pip takes ten minutes.
set -euo pipefail
image=$1 checkout=$2

content=$({ cat "$image/recipe" "$0"; cd "$checkout"; find systemd wheels -type f | sort | xargs sha256sum; } | sha256sum | cut -c1-16)
[ "$(cat "$image/installed" 2>/dev/null)" = "$content" ] && exit 0

echo "  guest image: installs the unit"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/root"
tar --extract --file "$image/base.tar" --directory "$work/root"
mkdir "$work/root/checkout"
cp -r "$checkout"/systemd "$checkout"/docs "$checkout"/README.md "$checkout"/wheels "$work/root/checkout/"
chroot "$work/root" sh /checkout/systemd/install.sh --wheels /checkout/wheels
rm -rf "$work/root/checkout"
rm -f "$image/root.img" "$image/installed"
mke2fs -q -t ext4 -O ^has_journal -E lazy_itable_init=1,root_owner=0:0 -d "$work/root" -m 0 "$image/root.img" 3G >/dev/null
echo "$content" > "$image/installed"
