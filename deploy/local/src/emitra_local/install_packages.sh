#!/bin/sh
# Run as root: SECONDS PACKAGE…, installs the Debian packages without starting their services. Each step may take SECONDS.
# The broker and the database of this stack are private processes: a system-wide RabbitMQ must not appear beside them.
set -eu
limit=$1
shift
policy=${POLICY_RC_D:-/usr/sbin/policy-rc.d}
marker='# made by deploy/local for one installation, safe to delete'
if [ -e "$policy" ] && grep -qF "$marker" "$policy"; then rm -f "$policy"; fi # left by a killed installation
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 130' HUP INT TERM
    printf '#!/bin/sh\n%s\nexit 101\n' "$marker" >"$policy"
    chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
# The step is ended, not this shell, which then removes the policy. In the foreground: Ctrl-C goes to both.
limited() {
    status=0
    timeout --foreground --kill-after=30 "$limit" "$@" || status=$?
    if [ "$status" = 124 ] || [ "$status" = 137 ]; then echo "$1 did not finish in $limit s and was ended."; fi
    return "$status"
}
limited dpkg --configure -a # an installation killed half-way is finished first
limited apt-get -o DPkg::Lock::Timeout=120 update
limited apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "$@"
# Not started now, and not at the next boot either.
if [ -d /run/systemd/system ]; then
    for package in "$@"; do
        if [ "$package" = rabbitmq-server ]; then
            systemctl disable --now rabbitmq-server.service epmd.service epmd.socket 2>/dev/null || true
        fi
    done
fi
