"""What a client without credentials gains of each store, and the setting that closes it, with the vendor's page."""

from __future__ import annotations

from batten.facts import Holds
from batten.model.record import record


@record
class Closing:
    """`gains` completes "anyone can …"; `close` is a sentence; `source` is the page of the vendor's documentation."""

    gains: str
    close: str
    source: str
    holds: Holds = Holds.DATA


_NOTHING = Closing("", "", "")
_ROWS: dict[str, Closing] = {
    "redis": Closing(
        "read, change and delete every key, and write files as the server's user",
        "Set `requirepass` or define ACL users, and bind it to loopback or a private address.",
        "https://redis.io/docs/latest/operate/oss_and_stack/management/security/",
    ),
    "valkey": Closing(
        "read, change and delete every key, and write files as the server's user",
        "Set `requirepass` or define ACL users, and bind it to loopback or a private address.",
        "https://valkey.io/topics/security/",
    ),
    "memcached": Closing(
        "read, change and flush everything that is cached",
        "Listen on loopback with `-l 127.0.0.1`, or require SASL with `-S`.",
        "https://github.com/memcached/memcached/wiki/SASLHowto",
    ),
    "mongodb": Closing(
        "read, change and drop every database",
        "Set `security.authorization: enabled`, and create an administrator.",
        "https://www.mongodb.com/docs/manual/tutorial/enable-authentication/",
    ),
    "elasticsearch": Closing(
        "read, change and delete every index",
        "Set `xpack.security.enabled: true`, and set the passwords of the built-in users.",
        "https://www.elastic.co/docs/deploy-manage/security/set-up-minimal-security",
    ),
    "opensearch": Closing(
        "read, change and delete every index",
        "Remove `plugins.security.disabled: true`, and configure the Security plugin.",
        "https://docs.opensearch.org/latest/security/configuration/disable-enable-security/",
    ),
    "couchdb": Closing(
        "read, change and delete every database, and change the configuration",
        "Create an administrator below `[admins]`, and set `require_valid_user = true` below `[chttpd]`.",
        "https://docs.couchdb.org/en/stable/config/auth.html",
    ),
    "etcd": Closing(
        "read and change every key, which in a Kubernetes cluster are all objects and secrets",
        "Set `--client-cert-auth` with `--trusted-ca-file`, or run `etcdctl auth enable`.",
        "https://etcd.io/docs/latest/op-guide/security/",
    ),
    "postgresql": Closing(
        "log in without a password and read what the role may read",
        "Replace `trust` in pg_hba.conf by `scram-sha-256`, and set passwords.",
        "https://www.postgresql.org/docs/current/auth-pg-hba-conf.html",
    ),
    "mysql": Closing(
        "log in without a password and read, change and drop what the account may",
        "Set a password for every account, and remove anonymous accounts.",
        "https://dev.mysql.com/doc/refman/8.4/en/default-privileges.html",
    ),
    "mariadb": Closing(
        "log in without a password and read, change and drop what the account may",
        "Set a password for every account, and remove anonymous accounts (`mariadb-secure-installation`).",
        "https://mariadb.com/docs/server/clients-and-utilities/deployment-tools/mariadb-secure-installation",
    ),
    "rabbitmq": Closing(
        "consume, publish and delete messages",
        "Delete the user `guest`, or restrict it to loopback (`loopback_users`), and set `anonymous_login_user = none`.",
        "https://www.rabbitmq.com/docs/production-checklist",
        Holds.CONTROL,
    ),
    "kafka": Closing(
        "read, publish and delete messages and topics",
        "Use listeners with SASL or client certificates only, and set an `authorizer.class.name`.",
        "https://kafka.apache.org/documentation/#security",
    ),
    "zookeeper": Closing(
        "read and change the nodes that have no ACL",
        "Set `enforce.auth.enabled=true` with `enforce.auth.schemes`, and bind `clientPortAddress` to a private address.",
        "https://zookeeper.apache.org/doc/current/zookeeperAdmin.html",
    ),
    "apache-cassandra": Closing(
        "read, change and drop every keyspace",
        "Set `authenticator: PasswordAuthenticator` and `authorizer: CassandraAuthorizer` in cassandra.yaml.",
        "https://cassandra.apache.org/doc/latest/cassandra/managing/operating/security.html",
    ),
    "influxdb": Closing(
        "read, change and delete every measurement",
        "Set `auth-enabled = true` below `[http]` (1.x), or finish the set-up (2.x).",
        "https://docs.influxdata.com/influxdb/v1/administration/authentication_and_authorization/",
    ),
    "nats": Closing(
        "subscribe to every subject and publish to it",
        "Define `authorization` or `accounts` with users in the server's configuration.",
        "https://docs.nats.io/concepts/security",
    ),
    "mqtt": Closing(
        "subscribe to every topic and publish to it",
        "Refuse anonymous clients, and define users.",
        "https://mosquitto.org/documentation/authentication-methods/",
    ),
    "mosquitto": Closing(
        "subscribe to every topic and publish to it",
        "Set `allow_anonymous false` and a `password_file`.",
        "https://mosquitto.org/documentation/authentication-methods/",
    ),
    "clickhouse": Closing(
        "run queries as the user `default`, and read files and URLs with table functions",
        "Set a password for the user `default`, and restrict its `networks`.",
        "https://clickhouse.com/docs/concepts/features/configuration/settings/settings-users",
    ),
    "consul": Closing(
        "read and change services, keys and checks, and run commands where script checks are on",
        'Set `acl.enabled = true` and `acl.default_policy = "deny"`.',
        "https://developer.hashicorp.com/consul/docs/secure/acl",
    ),
    "minio": Closing(
        "list the buckets, and read what their policies allow",
        "Remove the anonymous policy with `mc anonymous set none ALIAS/BUCKET`.",
        "https://docs.min.io/community/minio-object-store/reference/minio-mc/mc-anonymous-set.html",
    ),
    "s3": Closing(
        "list the buckets, and read what their policies allow",
        "Require signed requests, and remove policies for anonymous clients.",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
    ),
    "prometheus": Closing(
        "read all metrics, targets and labels, and make expensive queries",
        "Require a login with `basic_auth_users` in the file of `--web.config.file`, or bind `--web.listen-address` to loopback.",
        "https://prometheus.io/docs/guides/basic-auth/",
        Holds.INSIGHT,
    ),
    "grafana": Closing(
        "administrate dashboards and query the data sources",
        "Set `enabled = false`, or `org_role = Viewer`, below `[auth.anonymous]`.",
        "https://grafana.com/docs/grafana/latest/setup-grafana/configure-access/configure-authentication/anonymous-auth/",
        Holds.CONTROL,
    ),
    "caddy": Closing(
        "replace the configuration of the server",
        "Remove `admin` with a public address from the global options, so that it listens on localhost:2019.",
        "https://caddyserver.com/docs/api",
        Holds.CONTROL,
    ),
    "envoy": Closing(
        "read the configuration with its secrets' names, change log levels and stop the proxy",
        "Bind `admin.address` to loopback.",
        "https://www.envoyproxy.io/docs/envoy/latest/operations/admin",
        Holds.CONTROL,
    ),
    "haproxy": Closing(
        "read the names, addresses and load of all servers",
        "Set `stats auth USER:PASSWORD`, or `stats http-request deny unless` with the addresses of operators.",
        "https://docs.haproxy.org/3.0/configuration.html#4.2-stats%20auth",
        Holds.INSIGHT,
    ),
}


def closing(product: str) -> Closing:
    """Of a product by its name in facts; all is "" for one that has no row."""
    return _ROWS.get(product, _NOTHING)
