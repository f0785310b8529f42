"""What should not be served, and how its content proves what it is. A status alone proves nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import Enum

from batten.live import proofs
from batten.live.exchange import Response
from batten.model.record import record

Proof = Callable[[Response], bool]


class Sort(Enum):
    """FILE is a file that nobody should get; the others are things that answer: a console, interactive
    documentation, a metrics page, a listing of a directory."""

    FILE = "file"
    CONSOLE = "console"
    DOCS = "docs"
    METRICS = "metrics"
    LISTING = "listing"


@record
class Item:
    """`paths` are asked for; `suffix` recognises the item wherever it is asked from."""

    what: str
    sort: Sort
    proof: Proof
    paths: tuple[str, ...]
    anywhere: bool = False  # the content alone is proof enough, whatever the path

    def named_by(self, path: str) -> bool:
        return self.anywhere or any(path.endswith(p) for p in self.paths)


def matching(*patterns: str, media: str = "", not_html: bool = True) -> Proof:
    """A proof: the answer is 200, every pattern occurs, and it is no web page unless one may be."""
    compiled = [re.compile(p, re.MULTILINE) for p in patterns]

    def proves(response: Response) -> bool:
        if response.status != 200 or (media and media not in response.media_type):
            return False
        text = response.text[:100_000]
        if not_html and proofs.is_page(response):
            return False
        return all(p.search(text) for p in compiled)

    return proves


def starting(*magics: bytes) -> Proof:
    return lambda response: response.status == 200 and response.body.startswith(magics)


def _file(what: str, proof: Proof, *paths: str, anywhere: bool = False) -> Item:
    return Item(what, Sort.FILE, proof, paths, anywhere)


def _page(what: str, sort: Sort, proof: Proof, *paths: str, anywhere: bool = False) -> Item:
    return Item(what, sort, proof, paths, anywhere)


_ARCHIVES = starting(b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf", b"BZh", b"Rar!", b"\xfd7zXZ")
_DUMP = matching(
    r"^(?:-- (?:MySQL|MariaDB|PostgreSQL|SQLite) (?:database )?dump|PGDMP|INSERT INTO |CREATE TABLE )"
)
_CLOUD_KEY = matching(r"^\s*aws_(?:access_key_id|secret_access_key)\s*=")
_COMPOSE = matching(r"^services:\s*$", r"^\s+(?:image|build):")

FILES = (
    _file(
        "shell history",
        proofs.shell_history,
        "/.bash_history",
        "/.zsh_history",
        "/.sh_history",
        "/.ash_history",
    ),
    _file(
        "database client history", proofs.sql_history, "/.mysql_history", "/.psql_history", "/.sqlite_history"
    ),
    _file(
        "interpreter history", proofs.code_history, "/.python_history", "/.node_repl_history", "/.irb_history"
    ),
    _file(
        "redis client history",
        matching(r"(?i)^(?:auth|get|set|keys|config|flushall|hgetall) "),
        "/.rediscli_history",
    ),
    _file("git repository", matching(r"\A(?:ref: refs/heads/\S+|[0-9a-f]{40})\s*\Z"), "/.git/HEAD"),
    _file("git repository", matching(r"^\[core\]", r"^\s*repositoryformatversion\s*="), "/.git/config"),
    _file("git index", starting(b"DIRC"), "/.git/index"),
    _file("git log", matching(r"\A[0-9a-f]{40} [0-9a-f]{40} .+ \d{9,10} [+-]\d{4}"), "/.git/logs/HEAD"),
    _file("git credentials", matching(r"\Ahttps?://[^\s:@]+:[^\s@]+@"), "/.git-credentials"),
    _file("Subversion working copy", starting(b"SQLite format 3\0"), "/.svn/wc.db"),
    _file("Mercurial repository", matching(r"^\[paths\]", r"^default\s*="), "/.hg/hgrc"),
    _file(
        "environment file",
        proofs.environment_file,
        *(
            "/.env",
            "/.env.local",
            "/.env.production",
            "/.env.development",
            "/.env.staging",
            "/.env.bak",
            "/.envrc",
        ),
        *("/api/.env", "/app/.env", "/backend/.env", "/config/.env", "/prod.env"),
    ),
    _file("AWS credentials", _CLOUD_KEY, "/.aws/credentials", "/credentials", "/.s3cfg"),
    _file(
        "Google service account key",
        matching(r'"type"\s*:\s*"service_account"', r'"private_key"'),
        "/service-account.json",
        "/credentials.json",
        "/key.json",
    ),
    _file(
        "Docker registry credentials",
        matching(r'"auths"\s*:\s*\{', r'"auth"\s*:'),
        "/.docker/config.json",
        "/.dockercfg",
    ),
    _file(
        "Kubernetes credentials",
        matching(r"^apiVersion: v1", r"^clusters:", r"^users:"),
        "/.kube/config",
        "/kubeconfig",
    ),
    _file("npm credentials", matching(r"_authToken\s*=|^_auth\s*="), "/.npmrc"),
    _file(
        "PyPI credentials", matching(r"^\[(?:distutils|pypi)\]", r"^\s*(?:password|username)\s*="), "/.pypirc"
    ),
    _file("netrc", matching(r"^\s*machine \S+", r"\bpassword \S+"), "/.netrc"),
    _file("PostgreSQL password file", matching(r"\A[^\s:]+:(?:\d+|\*):[^\s:]+:[^\s:]+:\S+"), "/.pgpass"),
    _file("MySQL client configuration", matching(r"^\[client\]", r"^\s*password\s*="), "/.my.cnf"),
    _file(
        "password file",
        matching(r"\A[\w.@-]+:(?:\$apr1\$|\$2[aby]\$|\$[156]\$|\{SHA\})"),
        "/.htpasswd",
        "/htpasswd",
    ),
    _file("system accounts", matching(r"^root:[^:]*:0:0:"), "/etc/passwd", "/../../../../etc/passwd"),
    _file(
        "private key",
        matching(r"^-----BEGIN (?:RSA |EC |DSA |OPENSSH |ENCRYPTED )?PRIVATE KEY-----"),
        *(
            "/id_rsa",
            "/.ssh/id_rsa",
            "/.ssh/id_ed25519",
            "/server.key",
            "/private.key",
            "/privkey.pem",
            "/key.pem",
        ),
        *("/ssl/server.key", "/certs/server.key"),
        anywhere=True,
    ),
    _file("known hosts", matching(r"^\S+ (?:ssh-(?:rsa|ed25519)|ecdsa-sha2-\S+) AAAA"), "/.ssh/known_hosts"),
    _file(
        "authorized keys", matching(r"^(?:ssh-(?:rsa|ed25519)|ecdsa-sha2-\S+) AAAA"), "/.ssh/authorized_keys"
    ),
    _file(
        "Terraform state",
        matching(r'"terraform_version"\s*:', r'"(?:resources|modules)"\s*:'),
        "/terraform.tfstate",
        "/terraform.tfstate.backup",
        "/.terraform/terraform.tfstate",
    ),
    _file("Terraform variables", matching(r'^\s*\w+\s*=\s*(?:"|\[|\{|\d|true|false)'), "/terraform.tfvars"),
    _file(
        "Compose file",
        _COMPOSE,
        "/docker-compose.yml",
        "/docker-compose.yaml",
        "/compose.yml",
        "/compose.yaml",
        "/docker-compose.override.yml",
    ),
    _file("Dockerfile", matching(r"^FROM \S+", r"^(?:RUN|CMD|ENTRYPOINT|COPY|ADD|WORKDIR) "), "/Dockerfile"),
    _file(
        "CI configuration",
        matching(r"^(?:stages|image|before_script|script|variables|include):", r"^\s+(?:script|stage):"),
        "/.gitlab-ci.yml",
    ),
    _file(
        "Ansible vault or inventory",
        matching(r"\A\$ANSIBLE_VAULT;|^\[\w+\]\s+\S+ ansible_"),
        "/hosts.ini",
        "/inventory",
        "/vault.yml",
    ),
    _file(
        "Spring configuration",
        matching(r"^(?:spring|server|management|logging)\.[\w.-]+\s*="),
        "/application.properties",
        "/WEB-INF/classes/application.properties",
    ),
    _file(
        "Spring configuration",
        matching(r"^(?:spring|server|management):\s*$", r"^\s+\w+:"),
        "/application.yml",
        "/application.yaml",
    ),
    _file("Java deployment descriptor", matching(r"<web-app[\s>]"), "/WEB-INF/web.xml"),
    _file(
        ".NET configuration",
        matching(r"<configuration>", r"<(?:connectionStrings|appSettings|system\.web\w*)"),
        "/web.config",
        "/Web.config",
    ),
    _file(
        ".NET settings",
        matching(r'"(?:ConnectionStrings|Logging|AllowedHosts)"\s*:', r"\A\s*\{"),
        "/appsettings.json",
        "/appsettings.Development.json",
        "/appsettings.Production.json",
    ),
    _file("Rails secrets", matching(r"secret_key_base:"), "/config/secrets.yml"),
    _file(
        "Rails database configuration",
        matching(r"^(?:production|development|default):?", r"^\s+adapter:"),
        "/config/database.yml",
    ),
    _file(
        "PHP configuration in source",
        matching(r"\A\s*<\?php", r"(?i)(?:DB_PASSWORD|password|secret)"),
        "/wp-config.php.bak",
        "/config.php.bak",
        "/wp-config.php~",
        "/config.php~",
    ),
    _file(
        "application settings in source",
        matching(r"^(?:SECRET_KEY|DATABASES|DEBUG)\s*="),
        "/settings.py",
        "/config.py",
        "/local_settings.py",
    ),
    _file(
        "SQL dump",
        _DUMP,
        "/dump.sql",
        "/backup.sql",
        "/database.sql",
        "/db.sql",
        "/data.sql",
        "/backup/dump.sql",
    ),
    _file(
        "SQLite database",
        starting(b"SQLite format 3\0"),
        "/db.sqlite3",
        "/database.sqlite",
        "/app.db",
        "/data.db",
        "/test.db",
    ),
    _file(
        "backup archive",
        _ARCHIVES,
        "/backup.zip",
        "/backup.tar.gz",
        "/www.zip",
        "/site.tar.gz",
        "/app.zip",
        "/src.zip",
        "/backup.tgz",
    ),
    _file("redis dump", starting(b"REDIS0"), "/dump.rdb"),
    _file(
        "Java heap dump", starting(b"JAVA PROFILE 1.0"), "/actuator/heapdump", "/heapdump", "/heapdump.hprof"
    ),
    _file("macOS folder index", starting(b"\0\0\0\1Bud1"), "/.DS_Store"),
    _file("editor swap file", starting(b"b0VIM "), "/.index.php.swp", "/.env.swp", "/.bash_history.swp"),
    _file(
        "IDE project",
        matching(r"<project version=|\"sftp\"|\"remotePath\""),
        "/.idea/workspace.xml",
        "/.vscode/sftp.json",
        "/sftp-config.json",
    ),
    _file(
        "application log",
        proofs.application_log,
        "/error.log",
        "/debug.log",
        "/app.log",
        "/logs/error.log",
        "/storage/logs/laravel.log",
        "/npm-debug.log",
    ),
    _file(
        "dependency credentials", matching(r'"(?:http-basic|github-oauth|gitlab-token)"\s*:'), "/auth.json"
    ),
)

_DOCS_MARK = (
    r"SwaggerUIBundle|swagger-ui(?:\.css|-bundle|\.js)|<redoc\b|Redoc\.init|<rapi-doc\b|id=\"api-reference\""
)

PAGES = (
    _page("interactive API documentation", Sort.DOCS, matching(_DOCS_MARK, not_html=False), "/docs", "/redoc", "/swagger", "/swagger-ui", "/swagger-ui/", "/swagger-ui.html", "/swagger-ui/index.html", "/api-docs/", "/swagger/index.html", "/api/docs", "/apidocs/", "/scalar"),
    _page("API schema", Sort.DOCS, proofs.api_schema, "/openapi.json", "/openapi.yaml", "/swagger.json", "/v3/api-docs", "/v2/api-docs", "/api-docs", "/swagger/v1/swagger.json", "/api/openapi.json", "/api/schema/"),
    _page("GraphiQL", Sort.CONSOLE, matching(r"GraphiQL|graphql-playground|ApolloSandbox|embeddable-sandbox", r"(?i)<(?:!doctype|html)", not_html=False), "/graphiql", "/graphql", "/playground", "/altair"),
    _page("Prometheus metrics", Sort.METRICS, matching(r"^# (?:HELP|TYPE) \w+ ", r"^\w+(?:\{[^}\n]*\})? [\d.eE+-]+"), "/metrics", "/actuator/prometheus", "/api/metrics", "/q/metrics", anywhere=True),
    _page("Go runtime variables", Sort.METRICS, matching(r'"cmdline"\s*:', r'"memstats"\s*:'), "/debug/vars"),
    _page("Go profiler", Sort.CONSOLE, matching(r"(?i)/debug/pprof/", r"goroutine", not_html=False), "/debug/pprof/"),
    _page("Spring actuator", Sort.CONSOLE, matching(r'"_links"\s*:\s*\{', r'"self"', r"actuator"), "/actuator", "/manage"),
    _page("Spring environment", Sort.CONSOLE, matching(r'"propertySources"\s*:\s*\['), "/actuator/env", "/env"),
    _page("Spring beans", Sort.CONSOLE, matching(r'"contexts"\s*:\s*\{', r'"beans"\s*:'), "/actuator/beans"),
    _page("Spring mappings", Sort.CONSOLE, matching(r'"contexts"\s*:', r'"dispatcherServlets?"'), "/actuator/mappings"),
    _page("Spring configuration properties", Sort.CONSOLE, matching(r'"contexts"\s*:', r'"prefix"\s*:'), "/actuator/configprops"),
    _page("Spring loggers", Sort.CONSOLE, matching(r'"levels"\s*:\s*\[', r'"loggers"\s*:'), "/actuator/loggers"),
    _page("Spring thread dump", Sort.CONSOLE, matching(r'"threads"\s*:\s*\[', r'"threadName"'), "/actuator/threaddump"),
    _page("Jolokia", Sort.CONSOLE, matching(r'"agent"\s*:', r'"protocol"\s*:'), "/jolokia", "/actuator/jolokia", "/jolokia/version"),
    _page("H2 console", Sort.CONSOLE, matching(r"<title>H2 Console</title>", not_html=False), "/h2-console", "/h2-console/"),
    _page("phpinfo()", Sort.CONSOLE, matching(r"<title>(?:PHP [\d.]+ - )?phpinfo\(\)</title>", not_html=False), "/phpinfo.php", "/info.php", "/test.php"),
    _page("phpMyAdmin", Sort.CONSOLE, matching(r"<title>phpMyAdmin|pma_(?:password|username)", not_html=False), "/phpmyadmin/", "/pma/"),
    _page("Adminer", Sort.CONSOLE, matching(r"<title>[^<]*Adminer</title>|https://www\.adminer\.org", not_html=False), "/adminer.php", "/adminer"),
    _page("pgAdmin", Sort.CONSOLE, matching(r"<title>pgAdmin 4</title>", not_html=False), "/pgadmin", "/pgadmin4/"),
    _page("Redis Commander", Sort.CONSOLE, matching(r"<title>Redis Commander", not_html=False), "/redis-commander"),
    _page("Django administration", Sort.CONSOLE, matching(r"Django (?:site admin|administration)", r"csrfmiddlewaretoken", not_html=False), "/admin/", "/admin/login/"),
    _page("Django debug toolbar", Sort.CONSOLE, matching(r"djDebug", not_html=False), "/__debug__/"),
    _page("Werkzeug console", Sort.CONSOLE, matching(r"Interactive Console", r"__debugger__|werkzeug", not_html=False), "/console"),
    _page("Flask-Admin", Sort.CONSOLE, matching(r"/static/admin/(?:admin|bootstrap)/", not_html=False), "/admin/"),
    _page("Sidekiq", Sort.CONSOLE, matching(r"<title>(?:\[\w+\] )?Sidekiq</title>", not_html=False), "/sidekiq"),
    _page("Flower", Sort.CONSOLE, matching(r"<title>Flower</title>", not_html=False), "/flower/"),
    _page("Laravel Telescope", Sort.CONSOLE, matching(r"<title>Telescope", not_html=False), "/telescope"),
    _page("Laravel Horizon", Sort.CONSOLE, matching(r"<title>Horizon", not_html=False), "/horizon"),
    _page("Symfony profiler", Sort.CONSOLE, matching(r"<title>Symfony Profiler</title>", not_html=False), "/_profiler", "/_profiler/empty/search/results"),
    _page("Rails routes", Sort.CONSOLE, matching(r"Helper.*HTTP Verb|Routes match in priority", not_html=False), "/rails/info/routes"),
    _page("nginx status", Sort.METRICS, matching(r"\AActive connections: \d+", r"^server accepts handled requests"), "/nginx_status", "/stub_status", "/status"),
    _page("Apache status", Sort.METRICS, matching(r"<title>Apache Status</title>|Apache Server Status for", not_html=False), "/server-status"),
    _page("Apache information", Sort.METRICS, matching(r"<title>Server Information</title>", not_html=False), "/server-info"),
    _page("PHP-FPM status", Sort.METRICS, matching(r"^pool:\s", r"^process manager:\s"), "/status", "/fpm-status"),
    _page("HAProxy statistics", Sort.CONSOLE, matching(r"<title>Statistics Report for HAProxy", not_html=False), "/haproxy?stats", "/stats", "/haproxy"),
    _page("Traefik dashboard", Sort.CONSOLE, matching(r"<title>Traefik", not_html=False), "/dashboard/"),
    _page("Traefik API", Sort.CONSOLE, matching(r'"entryPoints"|"routers"\s*:\s*\{'), "/api/rawdata", "/api/overview"),
    _page("Envoy administration", Sort.CONSOLE, matching(r"<title>Envoy Admin</title>", not_html=False), "/"),
    _page("Envoy configuration dump", Sort.CONSOLE, matching(r'"configs"\s*:\s*\[', r"envoy\.admin"), "/config_dump"),
    _page("Caddy administration", Sort.CONSOLE, matching(r'"apps"\s*:\s*\{', r'"http"'), "/config/"),
    _page("Kong administration", Sort.CONSOLE, matching(r'"tagline"\s*:\s*"Welcome to kong"'), "/"),
    _page("Elasticsearch", Sort.CONSOLE, matching(r'"tagline"\s*:\s*"(?:You Know, for Search|The OpenSearch Project)'), "/"),
    _page("Consul", Sort.CONSOLE, matching(r'"Config"\s*:\s*\{', r'"Datacenter"'), "/v1/agent/self"),
    _page("Kubernetes API", Sort.CONSOLE, matching(r'"kind"\s*:\s*"(?:Namespace|Pod|Secret)List"'), "/api/v1/namespaces", "/api/v1/pods"),
    _page("Docker API", Sort.CONSOLE, matching(r'"ApiVersion"\s*:', r'"MinAPIVersion"'), "/version"),
    _page("Grafana", Sort.CONSOLE, matching(r"<title>Grafana</title>", r"grafanaBootData", not_html=False), "/grafana/", "/login"),
    _page("Prometheus", Sort.CONSOLE, matching(r"<title>Prometheus Time Series", not_html=False), "/graph"),
    _page("Jenkins", Sort.CONSOLE, matching(r"\[Jenkins\]</title>|X-Jenkins", not_html=False), "/jenkins/", "/script"),
    _page("RabbitMQ management", Sort.CONSOLE, matching(r"<title>RabbitMQ Management</title>", not_html=False), "/rabbitmq/", "/"),
    _page("Kibana", Sort.CONSOLE, matching(r"kbn-injected-metadata", not_html=False), "/app/kibana", "/kibana/"),
    _page("directory listing", Sort.LISTING, proofs.listing, "/static/", "/uploads/", "/files/", "/backup/", "/assets/", "/images/", "/media/", "/logs/", anywhere=True),
)  # fmt: skip

ITEMS = FILES + PAGES


def proved(path: str, response: Response) -> Iterator[Item]:
    """The items that the path names and the content proves; a file is reported once."""
    bare = path.partition("?")[0]
    seen: set[str] = set()
    for item in ITEMS:
        if item.what not in seen and (item.named_by(bare) or item.named_by(path)) and item.proof(response):
            seen.add(item.what)
            yield item
