"""Variables by which images of stores allow anonymous clients, or require a password: what fixes write.

Sources: the documentation of each image on its registry page.
"""

from __future__ import annotations

# Switches that let everybody in: the value that does not (None: the variable goes), and the variable
# that then has to hold the password.
SWITCHES: dict[str, tuple[str | None, str]] = {
    "POSTGRES_HOST_AUTH_METHOD": ("scram-sha-256", "POSTGRES_PASSWORD"),
    "MYSQL_ALLOW_EMPTY_PASSWORD": (None, "MYSQL_ROOT_PASSWORD"),
    "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD": (None, "MARIADB_ROOT_PASSWORD"),
    "MARIADB_ALLOW_EMPTY_PASSWORD": (None, "MARIADB_ROOT_PASSWORD"),
    "xpack.security.enabled": ("true", "ELASTIC_PASSWORD"),
    "XPACK_SECURITY_ENABLED": ("true", "ELASTIC_PASSWORD"),
    "ELASTICSEARCH_ENABLE_SECURITY": ("true", "ELASTICSEARCH_PASSWORD"),
    "DISABLE_SECURITY_PLUGIN": ("false", "OPENSEARCH_INITIAL_ADMIN_PASSWORD"),
    "plugins.security.disabled": ("false", "OPENSEARCH_INITIAL_ADMIN_PASSWORD"),
    "OPENSEARCH_ENABLE_SECURITY": ("true", "OPENSEARCH_PASSWORD"),
    "ALLOW_NONE_AUTHENTICATION": (None, "ETCD_ROOT_PASSWORD"),
    "ARANGO_NO_AUTH": (None, "ARANGO_ROOT_PASSWORD"),
    "CLICKHOUSE_SKIP_USER_SETUP": (None, "CLICKHOUSE_PASSWORD"),
    "INFLUXDB_HTTP_AUTH_ENABLED": ("true", "INFLUXDB_ADMIN_PASSWORD"),
}
# Bitnami's images let everybody in with one variable; which one holds the password differs.
BITNAMI = {
    "redis": "REDIS_PASSWORD",
    "valkey": "VALKEY_PASSWORD",
    "postgresql": "POSTGRESQL_PASSWORD",
    "mysql": "MYSQL_ROOT_PASSWORD",
    "mariadb": "MARIADB_ROOT_PASSWORD",
    "mongodb": "MONGODB_ROOT_PASSWORD",
    "clickhouse": "CLICKHOUSE_ADMIN_PASSWORD",
}
# Variables that make an image ask for a password; "" stands for the reference.
ADDED = {
    "mongodb": {"MONGO_INITDB_ROOT_USERNAME": "root", "MONGO_INITDB_ROOT_PASSWORD": ""},
    "elasticsearch": {"xpack.security.enabled": "true", "ELASTIC_PASSWORD": ""},
    "rabbitmq": {"RABBITMQ_DEFAULT_USER": "app", "RABBITMQ_DEFAULT_PASS": ""},
    "minio": {"MINIO_ROOT_USER": "root-user", "MINIO_ROOT_PASSWORD": ""},
    "couchdb": {"COUCHDB_USER": "admin", "COUCHDB_PASSWORD": ""},
    "influxdb": {
        "INFLUXDB_HTTP_AUTH_ENABLED": "true",
        "INFLUXDB_ADMIN_USER": "admin",
        "INFLUXDB_ADMIN_PASSWORD": "",
    },
}
EXISTING = "clients that do not log in; a store with existing data keeps its existing users"
