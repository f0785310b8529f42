"""Consoles, recognised by the images that workloads run, where one of their ports is reachable.

Sources: the documentation of each image on its registry page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from batten.facts import Feature, Workload
from batten.model import Setting, Switch
from batten.model.record import record
from batten.technologies.shared.containers import images

Words = Sequence[str]


@record
class Console:
    """`guarded` says whether this container asks for a login, or may, as far as can be seen; `kind` is the
    feature: CONSOLE, CONSOLE_LOGIN (its login page is all that guards it) or METRICS."""

    what: str
    ports: tuple[int, ...]
    guarded: Callable[[Workload, Words], bool]
    kind: Switch = Switch.CONSOLE
    account: tuple[str, ...] = ()  # variables that name the account as which everyone is logged in


def _never(workload: Workload, words: Words) -> bool:
    return False


def _with(*names: str) -> Callable[[Workload, Words], bool]:
    """Guarded where one of these variables is set, or one of these options given."""

    def guarded(workload: Workload, words: Words) -> bool:
        given = {word.partition("=")[0] for word in words}
        return any(n in given if n.startswith("-") else n in workload.environment for n in names)

    return guarded


def _unless(opened: str, variables: Mapping[str, str]) -> Callable[[Workload, Words], bool]:
    """Guarded unless a word of the command, or a variable's value, matches what opens it."""
    # ours: the table below
    expression = re.compile(opened)

    def guarded(workload: Workload, words: Words) -> bool:
        by_variable = (
            re.fullmatch(value, setting.known("\0"), re.IGNORECASE)  # ours: the table below
            for name, value in variables.items()
            if (setting := workload.environment.get(name)) is not None
        )
        return not any(expression.fullmatch(w) for w in words) and not any(by_variable)

    return guarded


def _mounted(*paths: str, variables: str = "") -> Callable[[Workload, Words], bool]:
    """Guarded, perhaps, where a configuration is mounted, or a variable of this beginning is set."""

    def guarded(workload: Workload, words: Words) -> bool:
        if variables and any(name.startswith(variables) for name in workload.environment):
            return True
        return any(m.target.startswith(p) for m in workload.mounts for p in paths)

    return guarded


def _either(*ways: Callable[[Workload, Words], bool]) -> Callable[[Workload, Words], bool]:
    return lambda workload, words: any(way(workload, words) for way in ways)


def _kong(workload: Workload, words: Words) -> bool:
    """Roles, where they are enforced, ask everybody for a token."""
    opened = {"KONG_ADMIN_LISTEN": r".*(?:0\.0\.0\.0|\[::\]).*"}
    return "KONG_ENFORCE_RBAC" in workload.environment or _unless(r"(?!)", opened)(workload, words)


_KONG = Console("Kong's Admin API", (8001, 8444), _kong)
# "to use only with the config authentication method", which asks for no login: https://hub.docker.com/_/phpmyadmin
_PHPMYADMIN = Console("phpMyAdmin", (80,), _never, Switch.CONSOLE_LOGIN, ("PMA_USER", "PMA_USERS"))
_PROMETHEUS = _with("--web.config.file")
_KAFKA_UI = Console("Kafka UI", (8080,), _with("AUTH_TYPE"))
_REGISTRY = Console(
    "a registry that accepts pushes",
    (5000,),
    _mounted("/etc/docker/registry", "/etc/distribution", variables="REGISTRY_AUTH"),
)
_JUPYTER = Console(
    "Jupyter",
    (8888,),
    _unless(r"--?(?:NotebookApp|ServerApp|IdentityProvider)\.(?:token|password)=(?:''|\"\")?", {}),
)
_CODE_SERVER = Console(
    "code-server without a login",
    (8443,),
    _with("PASSWORD", "HASHED_PASSWORD", "FILE__PASSWORD", "FILE__HASHED_PASSWORD"),
)
_VAULT = Console(
    "Vault in development mode, with a written root token,",
    (8200,),
    _unless(r"(?!)", {"VAULT_DEV_ROOT_TOKEN_ID": ".+"}),
)
_SELENIUM = Console("Selenium Grid", (4444,), _with("SE_ROUTER_USERNAME"))


def _chroma(workload: Workload, words: Words) -> bool:
    """0.x has logins (`CHROMA_SERVER_AUTH_…` before 0.5), 1.x has none, with any variables and any file.

    Sources: https://cookbook.chromadb.dev/security/auth/ and https://docs.trychroma.com/reference/server-env-vars
    """
    if images.parse(workload.image.known("")).tag.startswith("1."):
        return False
    return _CHROMA_0(workload, words) or any(
        name.startswith("CHROMA_SERVER_AUTH") for name in workload.environment
    )


_CHROMA_0 = _mounted("/config.yaml")
_CHROMA = Console("Chroma", (8000,), _chroma)
_NOTEBOOKS = (
    "base",
    "minimal",
    "scipy",
    "datascience",
    "tensorflow",
    "pytorch",
    "pyspark",
    "all-spark",
    "r",
    "julia",
)
# Anonymous access is off by default, and its role then has no meaning:
# https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/#authanonymous
_GRAFANA = Console(
    "Grafana that anonymous users may edit",
    (3000,),
    _either(
        _unless(
            r"cfg:(?:default\.)?auth\.anonymous\.enabled=true", {"GF_AUTH_ANONYMOUS_ENABLED": "true|1|t"}
        ),
        _unless(
            r"cfg:(?:default\.)?auth\.anonymous\.org_role=(?:Admin|Editor)",
            {"GF_AUTH_ANONYMOUS_ORG_ROLE": "admin|editor"},
        ),
    ),
)
_GRIDS = (
    "hub",
    "standalone-chrome",
    "standalone-chromium",
    "standalone-firefox",
    "standalone-edge",
    "standalone-all-browsers",
)
# "Administrative APIs should never be exposed without prior authorization": https://www.ory.com/docs/kratos/reference/api
_CONSOLES: Mapping[str, Console] = {
    "oryd/kratos": Console("the administration API of Ory Kratos", (4434,), _never),
    "oryd/hydra": Console("the administration API of Ory Hydra", (4445,), _never),
    "oryd/keto": Console("the write API of Ory Keto", (4467,), _never),
    "phpmyadmin": _PHPMYADMIN,
    "phpmyadmin/phpmyadmin": _PHPMYADMIN,
    "adminer": Console("Adminer", (8080,), _never, Switch.CONSOLE_LOGIN),
    "dpage/pgadmin4": Console("pgAdmin", (80, 443), _never, Switch.CONSOLE_LOGIN),
    "kong": _KONG,
    "kong/kong": _KONG,
    "kong/kong-gateway": _KONG,
    "portainer/portainer-ce": Console("Portainer", (9000, 9443), _never, Switch.CONSOLE_LOGIN),
    "portainer/portainer-ee": Console("Portainer", (9000, 9443), _never, Switch.CONSOLE_LOGIN),
    "mongo-express": Console(
        "mongo-express", (8081,), _with("ME_CONFIG_BASICAUTH_PASSWORD", "ME_CONFIG_BASICAUTH_PASSWORD_FILE")
    ),
    "rediscommander/redis-commander": Console(
        "Redis Commander", (8081,), _with("HTTP_PASSWORD", "HTTP_PASSWORD_HASH", "HTTP_PASSWORD_FILE")
    ),
    # "does not come with any included authentication layer": https://grafana.com/docs/loki/latest/operations/authentication/
    "grafana/loki": Console("Loki's API", (3100,), _never),
    "redis/redisinsight": Console("Redis Insight", (5540,), _never),
    "redislabs/redisinsight": Console("Redis Insight", (5540, 8001), _never),
    "provectuslabs/kafka-ui": _KAFKA_UI,
    "kafbat/kafka-ui": _KAFKA_UI,
    "ghcr.io/kafbat/kafka-ui": _KAFKA_UI,
    "obsidiandynamics/kafdrop": Console("Kafdrop", (9000,), _never),
    "lmenezes/cerebro": Console("Cerebro", (9000,), _with("AUTH_TYPE")),
    "mher/flower": Console(
        "Flower", (5555,), _with("--basic_auth", "--basic-auth", "--auth", "FLOWER_BASIC_AUTH", "FLOWER_AUTH")
    ),
    "amir20/dozzle": Console(
        "Dozzle, which shows all logs", (8080,), _with("DOZZLE_AUTH_PROVIDER", "--auth-provider")
    ),
    "mailhog/mailhog": Console("MailHog", (8025,), _with("MH_AUTH_FILE", "-auth-file")),
    "axllent/mailpit": Console("Mailpit", (8025,), _with("MP_UI_AUTH", "MP_UI_AUTH_FILE", "--ui-auth-file")),
    "hasura/graphql-engine": Console(
        "Hasura without an admin secret",
        (8080,),
        _with("HASURA_GRAPHQL_ADMIN_SECRET", "HASURA_GRAPHQL_ADMIN_SECRET_FILE", "HASURA_GRAPHQL_ACCESS_KEY"),
    ),
    "opensearchproject/opensearch-dashboards": Console(
        "OpenSearch Dashboards without a login",
        (5601,),
        _unless(r"(?!)", {"DISABLE_SECURITY_DASHBOARDS_PLUGIN": "true"}),
    ),
    "traefik": Console(
        "Traefik's API, dashboard included,",
        (8080,),
        _unless(r"--api\.insecure(?:=true)?", {"TRAEFIK_API_INSECURE": "true"}),
    ),
    "grafana/grafana": _GRAFANA,
    "grafana/grafana-oss": _GRAFANA,
    "grafana/grafana-enterprise": _GRAFANA,
    "codercom/code-server": Console("code-server without a login", (8080,), _unless(r"(?:--auth=)?none", {})),
    **{f"jupyter/{kind}-notebook": _JUPYTER for kind in _NOTEBOOKS},
    "linuxserver/code-server": _CODE_SERVER,
    "lscr.io/linuxserver/code-server": _CODE_SERVER,
    "gitpod/openvscode-server": Console(
        "OpenVSCode Server without a token", (3000,), _with("--connection-token", "--connection-token-file")
    ),
    "nodered/node-red": Console("Node-RED", (1880,), _mounted("/data", "/usr/src/node-red")),
    "apache/zeppelin": Console("Zeppelin", (8080,), _mounted("/opt/zeppelin/conf", variables="ZEPPELIN_")),
    "localstack/localstack": Console("LocalStack", (4566,), _never),
    "localstack/localstack-pro": Console("LocalStack", (4566,), _never),
    "hashicorp/vault": _VAULT,
    "vault": _VAULT,
    **{f"selenium/{name}": _SELENIUM for name in _GRIDS},
    "maildev/maildev": Console("MailDev", (1080,), _with("MAILDEV_WEB_USER", "--web-user")),
    "sosedoff/pgweb": Console("pgweb", (8081,), _with("PGWEB_AUTH_USER", "--auth-user")),
    "coleifer/sqlite-web": Console("SQLite Web", (8080,), _with("SQLITE_WEB_PASSWORD", "--password", "-P")),
    "dbgate/dbgate": Console(
        "DbGate", (3000,), _with("LOGIN", "LOGINS", "OAUTH_AUTH", "AUTH_PROVIDER", "AD_URL")
    ),
    "openzipkin/zipkin": Console("Zipkin", (9411,), _never, Switch.METRICS),
    "jaegertracing/all-in-one": Console("Jaeger", (16686,), _never, Switch.METRICS),
    "jaegertracing/jaeger": Console("Jaeger", (16686,), _never, Switch.METRICS),
    "jaegertracing/jaeger-query": Console(
        "Jaeger", (16686,), _with("--query.bearer-token-propagation"), Switch.METRICS
    ),
    "temporalio/ui": Console("Temporal's web UI", (8080,), _with("TEMPORAL_AUTH_ENABLED")),
    "ghcr.io/mlflow/mlflow": Console("MLflow", (5000,), _with("--app-name", "MLFLOW_AUTH_CONFIG_PATH")),
    # Stores with an HTTP API that admits everyone until a key is set.
    "qdrant/qdrant": Console(
        "Qdrant",
        (6333, 6334),
        _either(_with("QDRANT__SERVICE__API_KEY"), _mounted("/qdrant/config")),
    ),
    "chromadb/chroma": _CHROMA,
    "ghcr.io/chroma-core/chroma": _CHROMA,
    "milvusdb/milvus": Console(
        "Milvus",
        (19530, 9091),
        _either(_with("COMMON_SECURITY_AUTHORIZATIONENABLED"), _mounted("/milvus/configs")),
    ),
    "getmeili/meilisearch": Console(
        "Meilisearch",
        (7700,),
        _with("MEILI_MASTER_KEY", "--master-key", "MEILI_CONFIG_FILE_PATH"),
    ),
    "solr": Console("Solr", (8983,), _mounted("/var/solr", "/opt/solr", variables="SOLR_AUTH")),
    "questdb/questdb": Console("QuestDB", (9000,), _with("QDB_HTTP_USER", "QDB_HTTP_USER_FILE")),
    "rethinkdb": Console("RethinkDB's console", (8080,), _with("--no-http-admin")),
    "surrealdb/surrealdb": Console(
        "SurrealDB",
        (8000,),
        _unless(r"--unauthenticated", {"SURREAL_UNAUTHENTICATED": "true"}),
    ),
    "ravendb/ravendb": Console(
        "RavenDB without certificates",
        (8080,),
        _unless(r"(?!)", {"RAVEN_Security_UnsecuredAccessAllowed": "PublicNetwork"}),
    ),
    # Language models.
    "ollama/ollama": Console("Ollama", (11434,), _never),
    "vllm/vllm-openai": Console("vLLM", (8000,), _with("--api-key", "VLLM_API_KEY")),
    "ghcr.io/berriai/litellm": Console(
        "LiteLLM", (4000,), _either(_with("LITELLM_MASTER_KEY"), _mounted("/app/config"))
    ),
    "ghcr.io/open-webui/open-webui": Console(
        "Open WebUI without a login", (8080,), _unless(r"(?!)", {"WEBUI_AUTH": "false"})
    ),
    # `public` lets everyone read them: https://min.io/docs/minio/linux/reference/minio-server/settings/metrics-and-logging.html
    "minio/minio": Console(
        "MinIO's metrics", (9000,), _unless(r"(?!)", {"MINIO_PROMETHEUS_AUTH_TYPE": "public"}), Switch.METRICS
    ),
    "registry": _REGISTRY,
    "distribution/distribution": _REGISTRY,
    "prom/prometheus": Console("Prometheus", (9090,), _PROMETHEUS, Switch.METRICS),
    "prom/pushgateway": Console("the Pushgateway, which takes metrics of anyone,", (9091,), _PROMETHEUS),
    "prom/alertmanager": Console("Alertmanager", (9093,), _PROMETHEUS, Switch.METRICS),
    "prom/node-exporter": Console("the node exporter", (9100,), _PROMETHEUS, Switch.METRICS),
    # --http_auth_file protects its pages and leaves /api and /metrics open (cadvisor, cmd/internal/http/handlers.go).
    "gcr.io/cadvisor/cadvisor": Console("cAdvisor", (8080,), _with(), Switch.METRICS),
}


def consoles(workload: Workload, words: Words) -> Iterator[Feature]:
    """A feature for each port that exposes a console. `words` start the container."""
    names = images.familiar(images.parse(workload.image.known("")).name)
    console = next((_CONSOLES[name] for name in names if name in _CONSOLES), None)
    if console is None or workload.build_context or console.guarded(workload, words):
        return
    for port in workload.ports:
        if port.container_port in console.ports and port.outside:
            # A console whose command lets clients change something, as that.
            given = {word.removesuffix("=true") for word in words}
            what = next((what for flag, what in PROMETHEUS.items() if flag in given), "")
            feature_console = _as_account(
                replace(console, what=what, kind=Switch.CONSOLE)
                if what and console.guarded is _PROMETHEUS
                else console,
                workload,
            )
            yield Feature(port.at, feature_console.kind, Setting(True, port.at), feature_console.what)


def _as_account(console: Console, workload: Workload) -> Console:
    """A console that logs everyone in with an account of its variables, as that."""
    variables = (workload.environment.get(name) for name in console.account)
    if all(v is None or v.known("set") == "" for v in variables):
        return console
    what = f"{console.what}, logged in with the account of its variables,"
    return replace(console, what=what, kind=Switch.CONSOLE)


# What flags of Prometheus add to its pages: https://prometheus.io/docs/prometheus/latest/command-line/prometheus/
PROMETHEUS = {
    "--web.enable-admin-api": "Prometheus's API that deletes series",
    "--web.enable-lifecycle": "Prometheus's API that stops and reloads it",
    "--web.enable-remote-write-receiver": "Prometheus's API that takes samples",
}
