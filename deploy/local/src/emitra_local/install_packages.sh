#!/bin/sh
# Run as root: installs the Debian packages named as arguments without starting their services.
# The broker and the database of this stack are private processes: a system-wide RabbitMQ must not appear beside them.
set -eu
policy=/usr/sbin/policy-rc.d
marker='# made by deploy/local for one installation, safe to delete'
if [ -e "$policy" ] && grep -qF "$marker" "$policy"; then rm -f "$policy"; fi # left by a killed installation
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 130' HUP INT TERM
    printf '#!/bin/sh\n%s\nexit 101\n' "$marker" >"$policy"
    chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
dpkg --configure -a # an installation killed half-way is finished first
apt-get -o DPkg::Lock::Timeout=120 update
apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "$@"
# Not started now, and not at the next boot either.
if [ -d /run/systemd/system ]; then
    for package in "$@"; do
        if [ "$package" = rabbitmq-server ]; then
            systemctl disable --now rabbitmq-server.service epmd.service epmd.socket 2>/dev/null || true
        fi
    done
fi
