#!/bin/sh
# What tests need beside Python packages. In CI it must be there; elsewhere tests without it skip by name.
# Nothing else of the machine is changed: what keeps Debian from starting services is gone again at the end.
set -eu
cd "$(dirname "$0")/.."
SERVERS="apache2 aria2 bubblewrap caddy chromium docker-compose docker-registry dovecot-imapd dovecot-pop3d etcd-server haproxy influxdb libnginx-mod-http-lua libnginx-mod-stream
  lighttpd lighttpd-mod-openssl lua5.4 luajit
  mariadb-server memcached monit mosquitto nats-server nginx node-express pgbouncer php-cli php-fpm php-sqlite3 postgresql prometheus prometheus-alertmanager prometheus-pushgateway rabbitmq-server redis-server slapd
  sslscan strace testssl.sh transmission-daemon valkey-server vsftpd zookeeperd"
# What only the proof run needs: products of the catalogue (tests/live/products), Maven's order of versions, and a clock that is ahead.
PRODUCTS="aptly default-jdk-headless dnsdist docker-buildx docker-cli docker.io faketime golang-go groonga-bin kea-ctrl-agent libmaven3-core-java lighttpd-mod-webdav motion openrefine php-mbstring php-mysql phpmyadmin podman qbittorrent-nox rclone restic-rest-server ruby-railties syncthing uwsgi-core victoria-metrics"
POLICY=${POLICY:-/usr/sbin/policy-rc.d}
if ! command -v npm >/dev/null; then
    echo "npm is not installed: SARIF is not held against its validator, and no OpenID provider is asked" >&2
    [ "${CI:-}" != true ]
elif ! sh tools/install_sarif_multitool.sh || ! sh tools/install_oidc_provider.sh; then
    echo "npm cannot be used: SARIF is not held against its validator, or no OpenID provider is asked" >&2
    [ "${CI:-}" != true ]
fi
# Tests start what they need on ports of their own; nothing is to run beside them. A policy that stands there already is
# somebody else's: it is put back.
forbid_services() {
    kept=
    if [ -e "$POLICY" ] || [ -L "$POLICY" ]; then
        kept=$(mktemp -u "$POLICY.batten.XXXXXX")
        mv "$POLICY" "$kept"
    fi
    trap allow_services EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    printf '#!/bin/sh\nexit 101\n' >"$POLICY"
    chmod +x "$POLICY"
}

allow_services() {
    rm -f "$POLICY"
    [ -z "$kept" ] || mv "$kept" "$POLICY"
}

[ -z "${PROOF:-}" ] || SERVERS="$SERVERS $PRODUCTS"
if { [ "${CI:-}" = true ] || [ -n "${PROOF:-}" ]; } && [ "$(id -u)" = 0 ] && ! dpkg -s $SERVERS >/dev/null 2>&1; then
    forbid_services
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $SERVERS >/dev/null
fi
