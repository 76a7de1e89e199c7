#!/bin/sh
# Install a unit on this machine (Debian 12, 13 or Raspberry Pi OS, as root), from this folder:
#   sh systemd/install.sh                  packages from the package index, checked against .ci/locks/unit.lock
#   sh systemd/install.sh --wheels FOLDER  without network: the wheels of edge-agent and of all that it needs are in FOLDER
#   sh systemd/install.sh --no-display     a unit without a screen
#   sh systemd/install.sh --video          also what films need on the screen (display.video)
# A unit with a screen is given Pango, the fonts of the world's scripts (80 MB to load, 150 on disk) and Mesa from Debian,
# where they are missing; without network, put these packages onto the image beforehand.
# Running it again updates the unit. It also works in a chroot, to prepare the image of a card.
set -eu
cd "$(dirname "$0")/.."
step() { echo "edge-agent: $*"; }

lock=unit extra='[display,reset]' services='edge-agent.service edge-display.service edge-agent.target'
screen=yes wheels=
while [ $# -gt 0 ]; do
  case $1 in
    --no-display) screen= ;;
    --video) lock=unit-with-video extra='[display,reset,video]' ;;
    --wheels) wheels=$(cd "${2:?--wheels needs a folder}" && pwd); shift ;;
    *) echo "There is no option $1: see the first lines of systemd/install.sh" >&2; exit 2 ;;
  esac
  shift
done
if [ -z "$screen" ]; then
  lock=unit-without-screen extra='[reset]' services='edge-agent.service edge-agent.target'
fi
[ "$(id -u)" = 0 ] || { echo "Installing a unit needs root: sudo make install" >&2; exit 1; }
python3 -c 'import ensurepip' 2>/dev/null || { echo "First: apt-get install python3-venv" >&2; exit 1; }

text='libpangocairo-1.0-0 fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji'
graphics='libgbm1 libegl1 libgles2 libgl1-mesa-dri'
if [ -n "$screen" ] && ! dpkg-query --show --showformat '${db:Status-Status}\n' $text $graphics 2>/dev/null | \
    awk '$1 == "installed" { n++ } END { exit n != 8 }'; then
  step "text and screen: $text $graphics"
  { [ -z "$wheels" ] && DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes --no-install-recommends $text $graphics; } || \
    echo "edge-agent: not all installed; what they would draw is refused, by name. Do: apt-get install $text $graphics" >&2
fi

venv=/opt/edge-agent/venv
step "programs into $venv"
mkdir -p /opt/edge-agent
[ -x $venv/bin/pip ] || python3 -m venv $venv
pip() { $venv/bin/pip --disable-pip-version-check --no-input --quiet "$@"; }
if [ -n "$wheels" ]; then
  pip install --no-index --find-links "$wheels" --upgrade "edge-agent$extra"
else
  pip install --require-hashes -r .ci/locks/$lock.lock
  pip install --no-deps --force-reinstall --build-constraint .ci/locks/build.lock .
fi
cp -r README.md docs systemd/optional /opt/edge-agent/  # errors and logs name pages of docs
if [ -n "$screen" ]; then  # Pango's bindings are written when they are first used, which the service may not do here
  $venv/bin/python -c 'import pangocffi, pangocairocffi' || echo "edge-agent: no Pango: text is drawn more simply" >&2
fi

step "users, folders and services"
cp -r systemd/sysusers.d systemd/tmpfiles.d /usr/lib/
mkdir -p /usr/share/dbus-1/system.d
cp systemd/dbus/edge-agent.conf /usr/share/dbus-1/system.d/
mkdir -p /etc/polkit-1/rules.d
cp systemd/polkit/49-edge-agent.rules /etc/polkit-1/rules.d/
cp -r systemd/edge-*.service systemd/edge-agent.target systemd/*.service.d /etc/systemd/system/
version=$(systemctl --version | sed -n '1s/systemd \([0-9]*\).*/\1/p')
if [ "$version" -lt 254 ]; then
  rm -rf /etc/systemd/system/edge-agent.service.d/restart-steps.conf /etc/systemd/system/edge-display.service.d/restart-steps.conf
fi
systemd-sysusers
if [ -d /run/systemd/system ]; then
  systemd-tmpfiles --create edge-agent.conf
  systemctl daemon-reload
  systemctl reload dbus.service
  systemctl try-restart bluetooth.service edge-agent.service edge-display.service
fi
systemctl --quiet enable $services

step "installed. Now enrol it with the claim of the hub, then start it:
  runuser -u edge-agent -- $venv/bin/edge-agent enrol --hub URL --claim-file - < CLAIM
  systemctl start edge-agent.target
  usermod -aG edge-agent-admin NAME     whoever may look after it with edge-agent watch"
