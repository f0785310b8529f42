#!/bin/sh
# What tests need beside Python packages. In CI it must be there; elsewhere tests without it skip by name.
set -eu
cd "$(dirname "$0")/.."
SERVERS="apache2 caddy chromium dovecot-imapd dovecot-pop3d etcd-server haproxy influxdb libnginx-mod-http-lua lua5.4 luajit
  mariadb-server memcached mosquitto nats-server nginx node-express php-cli php-sqlite3 postgresql prometheus rabbitmq-server redis-server slapd
  sslscan testssl.sh valkey-server vsftpd zookeeperd"
if command -v npm >/dev/null; then
    sh tools/install_sarif_multitool.sh
else
    echo "npm is not installed: SARIF is not held against its validator" >&2
    [ "${CI:-}" != true ]
fi
if [ "${CI:-}" = true ] && [ "$(id -u)" = 0 ] && ! dpkg -s $SERVERS >/dev/null 2>&1; then
    # Tests start what they need on ports of their own; nothing is to run beside them.
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod +x /usr/sbin/policy-rc.d
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $SERVERS >/dev/null
fi
