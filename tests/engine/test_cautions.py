"""Fixes that the files themselves speak against are questions."""

from __future__ import annotations

from pathlib import Path

import pytest

from batten.engine.fix import Plan, Why, Wish, plan
from batten.formats import Workspace
from batten.model import Safety
from batten.policy import Policy

RISKY = Wish(frozenset({Safety.SAFE, Safety.RISKY}), validate=False)
REDIS = "services:\n  cache:\n    image: redis:7.4.2\n"


def planned(root: Path, files: dict[str, str], *slugs: str) -> Plan:
    wish = Wish(RISKY.accept, frozenset(slugs), validate=False)
    return plan(Workspace(root, files), Policy(), wish)


def asked(made: Plan, slug: str) -> list[str]:
    return [left.reason for left in made.left if left.finding.control == slug and left.why is Why.ANSWER]


POD = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
spec:
  selector:
    matchLabels: {{app: {name}}}
  template:
    metadata:
      labels: {{app: {name}}}
    spec:
      containers:
        - name: {name}
          image: {image}
          env:
"""
CACHE = POD.format(name="cache", image="redis:8.0").replace("          env:\n", "")
SERVICE = "---\napiVersion: v1\nkind: Service\nmetadata: {name: cache}\nspec:\n  selector: {app: cache}\n  ports: [{port: 6379}]\n---\n"
API = POD.format(name="api", image="registry.example.com/api:1")
HOST = "            - {name: REDIS_HOST, value: cache}\n"
STORED = (
    "---\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: shared}\nspec:\n"
    "  encryptedData: {REDIS_PASSWORD: AgBy}\n"
)

CASES = {
    "a Secret that no file shows": (
        "secret-not-inline",
        {"api.yaml": API + "            - name: DB_PASSWORD\n              value: tea-4471-harbour\n"},
        "The files show none with such a key",
    ),
    "the same value in a connection": (
        "secret-not-inline",
        {
            "api.yaml": API
            + "            - {name: DB_PASSWORD, value: tea-4471-harbour}\n"
            + '            - {name: DB_CONNECTION, value: "Server=db;Password=tea-4471-harbour;"}\n'
        },
        "`DB_CONNECTION` has the same value",
    ),
    "a store of which no Secret is shown": (
        "store-authenticated",
        {"cache.yaml": CACHE},
        "which Secret holds REDIS_PASSWORD",
    ),
    "a pod that names the store's Service": (
        "store-authenticated",
        {"cache.yaml": CACHE + SERVICE + API + HOST + STORED},
        "api would connect without it",
    ),
    "a ConfigMap that names the store's Service": (
        "store-authenticated",
        {
            "cache.yaml": CACHE
            + SERVICE
            + "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: proxy}\ndata:\n  config.yaml: |\n    host: cache.shop.svc\n"
            + STORED
        },
        "proxy would connect without it",
    ),
    "a probe over HTTP": (
        "store-authenticated",
        {
            "search.yaml": POD.format(
                name="search", image="docker.elastic.co/elasticsearch/elasticsearch:8.17.0"
            )
            + '            - {name: xpack.security.enabled, value: "false"}\n'
            + "          readinessProbe:\n            httpGet: {path: /_cluster/health, port: 9200}\n"
            + STORED.replace("REDIS", "ELASTIC")
        },
        "how does the probe log in",
    ),
    "a connection string with the same password": (
        "secret-not-inline",
        {
            "compose.yml": "services:\n  db:\n    image: mcr.microsoft.com/mssql/server:2022-latest\n    environment:\n"
            '      MSSQL_SA_PASSWORD: "Tea4471Harbour9"\n  api:\n    image: registry.example.com/api:1\n    environment:\n'
            '      ConnectionStrings__db: "Data Source=db;User=sa;Password=Tea4471Harbour9;"\n'
        },
        "Its connection string has the value",
    ),
    "a file of variables with the same password": (
        "secret-not-inline",
        {
            "docker/compose.yml": "services:\n  db:\n    image: postgres:16.4\n    environment:\n      - POSTGRES_PASSWORD=tea-4471-harbour\n"
            "  api:\n    image: registry.example.com/api:1\n    env_file: [.env]\n    depends_on: [db]\n",
            "docker/.env": "spring.datasource.password=tea-4471-harbour\n",
        },
        "how do its clients get the credential?",
    ),
    "a comment on self-signed certificates": (
        "tls-verify",
        {
            "check.py": "import httpx\n\n\ndef main() -> None:\n    # Allow self-signed certs for now\n"
            '    httpx.get("https://a.example.com", verify=False)\n'
        },
        "`self-signed certs`",
    ),
    "a comment beside the value": (
        "port-exposure-minimal",
        {"compose.yml": REDIS + '    ports:\n      - "6379:6379" # needed by workers on other hosts\n'},
        "needed by workers",
    ),
    "a setting that is commented out": (
        "container-readonly-root",
        {"compose.yml": REDIS + '    # read_only: true  breaks the dump\n    user: "999"\n'},
        "breaks the dump",
    ),
    "a client that waits for the store": (
        "store-authenticated",
        {
            "compose.yml": REDIS
            + "  worker:\n    image: registry.example.com/worker:1\n    depends_on: [cache]\n"
        },
        "worker would connect without it",
    ),
    "a client that names the store": (
        "store-authenticated",
        {
            "compose.yml": REDIS
            + "  worker:\n    image: registry.example.com/worker:1\n    environment:\n      - CACHE_HOST=cache\n"
        },
        "worker would connect without it",
    ),
    "a health check over HTTP": (
        "store-authenticated",
        {
            "compose.yml": "services:\n  search:\n    image: docker.elastic.co/elasticsearch/elasticsearch:8.17.0\n"
            '    environment:\n      - xpack.security.enabled=false\n    healthcheck:\n      test: ["CMD", "curl", "-f", '
            '"http://localhost:9200"]\n'
        },
        "health check",
    ),
    "a limit that is written": (
        "http-limits-set",
        {
            "nginx.conf": "events {}\nhttp {\n  limit_req_zone $binary_remote_addr zone=a:10m rate=9r/s;\n  limit_req zone=a;\n"
            "  server {\n    listen 80;\n    location / {\n      client_max_body_size 5800m;\n"
            "      proxy_pass http://127.0.0.1:8000;\n    }\n  }\n}\n"
        },
        "`client_max_body_size 5800m;`",
    ),
    "a redirect under a condition": (
        "tls-required",
        {
            "nginx.conf": "events {}\nhttp {\n  server {\n    listen 80;\n    server_name a.example.com;\n"
            '    if ($do = "yes") { return 301 https://$host$request_uri; }\n'
            "    location / { proxy_pass http://127.0.0.1:8000; }\n  }\n  server {\n    listen 443 ssl;\n"
            "    server_name a.example.com;\n    ssl_certificate a.pem;\n    ssl_certificate_key a.key;\n"
            "    location / { proxy_pass http://127.0.0.1:8000; }\n  }\n}\n"
        },
        "under a condition",
    ),
    "a digest of the old version": (
        "component-supported",
        {"Dockerfile": f"FROM node:16-slim@sha256:{'a' * 64}\nUSER app\n"},
        "digest",
    ),
    "a version that the manifest asks for": (
        "component-supported",
        {
            "api/Dockerfile": "FROM node:16-slim\nUSER app\n",
            "package.json": '{"engines": {"node": "^22.17.1"}}',
        },
        "package.json asks for node `^22.17.1`",
    ),
    "another stage with a digest": (
        "component-supported",
        {
            "Dockerfile": "FROM node:16-slim AS build\nRUN npm ci\nFROM gcr.io/distroless/nodejs16-debian12:nonroot\n"
            "COPY --from=build /app /app\n"
        },
        "which version should all stages have",
    ),
    "an extension at a version": (
        "component-supported",
        {"Dockerfile": "FROM php:8.0-fpm\nRUN pecl install xdebug-3.1.5\nUSER app\n"},
        "`xdebug-3.1.5`",
    ),
    "the main program of the distribution": (
        "component-supported",
        {"dovecot/Dockerfile": "FROM alpine:3.18\nRUN apk add --no-cache dovecot dovecot-lmtpd\nUSER app\n"},
        "does `dovecot` of the next release",
    ),
    "a package of one release": (
        "component-supported",
        {"Dockerfile": "FROM alpine:3.18\nRUN apk add --no-cache php82-fpm\nUSER app\n"},
        "`php82-fpm`",
    ),
    "a list of sources of the old release": (
        "component-supported",
        {
            "base/Dockerfile": "FROM ubuntu:focal-20211006\nCOPY conf/ /etc/apt/\nUSER app\n",
            "base/conf/sources.list": "deb https://packages.example.com/ubuntu focal main\n",
        },
        "`base/conf/sources.list` says `focal`",
    ),
    "a step that installs from the lists of an earlier one": (
        "image-trusted-build",
        {
            "Dockerfile": "FROM debian:13\nRUN apt-get update && apt-get install -y --no-install-recommends git\n"
            "RUN apt-get install -y gettext-base && rm -rf /var/lib/apt/lists/*\nUSER app\n"
        },
        "line 3 installs",
    ),
    "an image that installs from the lists of its base": (
        "image-trusted-build",
        {
            "base/Dockerfile": "FROM debian:13\nRUN apt-get update && apt-get install -y --no-install-recommends git\nUSER app\n",
            "edge/Dockerfile": "FROM registry.example.com/acme/base:1\nRUN apt-get install -y munin && rm -rf /var/lib/apt/lists/*\nUSER app\n",
        },
        "edge/Dockerfile installs",
    ),
    "a client whose password is in another file": (
        "secret-not-inline",
        {
            "compose.yml": "services:\n  db:\n    image: postgres:17\n    environment:\n      - POSTGRES_PASSWORD=Hx7qPw2vLm9s\n"
            "  app:\n    image: registry.example.com/app:1\n    depends_on: [db]\n    env_file: [app.env]\n",
        },
        "app would connect without it",
    ),
    "clients of a store outside of the file": (
        "store-default-credentials",
        {
            "compose.yml": "services:\n  files:\n    image: minio/minio:RELEASE.2025-09-07T16-13-09Z\n    command: server /data\n"
            '    ports: ["127.0.0.1:9000:9000"]\n  more:\n    image: minio/minio:RELEASE.2025-09-07T16-13-09Z\n    command: server /data\n'
            '    ports: ["127.0.0.1:9010:9000"]\n'
        },
        "log in with the default ones",
    ),
    "a website endpoint": (
        "bucket-tls-only",
        {
            "main.tf": 'resource "aws_s3_bucket" "site" {\n  bucket = "site"\n}\n\n'
            'resource "aws_s3_bucket_website_configuration" "site" {\n  bucket = aws_s3_bucket.site.id\n}\n'
        },
        "website endpoint",
    ),
}


@pytest.mark.parametrize(("slug", "files", "words"), CASES.values(), ids=CASES)
def test_a_fix_that_the_files_speak_against_is_a_question(
    slug: str, files: dict[str, str], words: str, tmp_path: Path
) -> None:
    made = planned(tmp_path, files, slug)
    assert any(words in question for question in asked(made, slug)), [left.reason for left in made.left]
    assert made.texts == {}


def test_a_comment_below_a_service_is_not_about_the_next(tmp_path: Path) -> None:
    text = REDIS + "    # read_only: true  breaks the dump\n  edge:\n    image: registry.example.com/edge:1\n"
    made = planned(tmp_path, {"compose.yml": text}, "container-readonly-root")
    of_redis, of_edge = sorted(asked(made, "container-readonly-root"), reverse=True)
    assert "commented out" in of_redis and "commented out" not in of_edge
    assert "does edge write" in of_edge


def test_a_password_and_the_url_of_its_client_are_written_together(tmp_path: Path) -> None:
    text = (
        REDIS
        + "  worker:\n    image: registry.example.com/worker:1\n    environment:\n      CACHE: redis://cache:6379/0\n"
    )
    made = planned(tmp_path, {"compose.yml": text}, "store-authenticated")
    assert "redis://:${CACHE_PASSWORD:?set CACHE_PASSWORD}@cache:6379/0" in made.texts["compose.yml"]
    assert "--requirepass" in made.texts["compose.yml"]


def test_a_store_and_its_clients_have_the_password_of_one_secret(tmp_path: Path) -> None:
    reference = "            - name: REDIS_PASSWORD\n              valueFrom: {secretKeyRef: {name: shared, key: REDIS_PASSWORD}}\n"
    files = {"cache.yaml": CACHE + SERVICE + API + HOST + reference + STORED}
    text = planned(tmp_path, files, "store-authenticated").texts["cache.yaml"]
    assert "$(REDIS_PASSWORD)" in text.partition("kind: Service")[0]
    assert text.count("name: shared, key: REDIS_PASSWORD") == 2


def test_a_client_has_the_password_that_its_store_has(tmp_path: Path) -> None:
    store = (
        CACHE.replace("cache", "db").replace("redis:8.0", "postgres:18")
        + "          env:\n            - name: POSTGRES_PASSWORD\n              valueFrom: {secretKeyRef: {name: pg, key: admin}}\n"
    )
    client = "            - {name: PGHOST, value: db}\n            - name: PGPASSWORD\n              value: tea-4471-harbour\n"
    made = planned(
        tmp_path, {"db.yaml": store + SERVICE.replace("cache", "db") + API + client}, "secret-not-inline"
    )
    assert (
        "- name: PGPASSWORD\n              valueFrom:\n                secretKeyRef:\n                  name: pg\n"
        "                  key: admin\n" in made.texts["db.yaml"]
    )


def test_a_release_has_the_secret_that_its_chart_names(tmp_path: Path) -> None:
    env = "          env:\n            - name: DB_PASSWORD\n              value: tea-4471-harbour\n"
    pod = CACHE.replace("cache", "api").replace("redis:8.0", "registry.example.com/api:1") + env
    secret = STORED.replace("REDIS_PASSWORD", "DB_PASSWORD")
    chart = {"Chart.yaml": "apiVersion: v2\nname: api\nversion: 1.0.0\n", "values.yaml": "a: 1\n"}
    made = planned(tmp_path, {**chart, "templates/api.yaml": pod + secret}, "secret-not-inline")
    assert "name: shared" in made.texts["templates/api.yaml"].partition("---")[0]
    named = secret.replace("name: shared", 'name: "{{ .Release.Name }}-shared"')
    made = planned(tmp_path, {**chart, "templates/api.yaml": pod + named}, "secret-not-inline")
    assert any("depends on the release" in one for one in asked(made, "secret-not-inline"))
    assert made.texts == {}


def test_one_variable_has_one_default_in_all_places(tmp_path: Path) -> None:
    default = "${POSTGRES_PASSWORD:-tea-4471-harbour}"
    text = (
        f"x-common: &common\n  SPRING_DATASOURCE_PASSWORD: {default}\nservices:\n  # was {default} in 2019\n"
        f"  postgres:\n    image: postgres:18\n    environment:\n      POSTGRES_PASSWORD: {default}\n"
        "  api:\n    image: registry.example.com/api:1.4.2\n    environment:\n      <<: *common\n"
        "  ai:\n    image: registry.example.com/ai:1.4.2\n    environment:\n"
        f"      POSTGRES_PASSWORD: {default}\n"
    )
    made = planned(tmp_path, {"compose.yml": text}, "secret-not-inline").texts["compose.yml"]
    assert made.count("${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD}") == 3
    assert made.count(default) == 1 and f"# was {default}" in made


def test_a_password_in_two_services_of_a_file_becomes_one_variable_in_both(tmp_path: Path) -> None:
    text = (
        "services:\n  db:\n    image: postgres:17\n    environment:\n      POSTGRES_PASSWORD: Hx7qPw2vLm9s\n  app:\n"
        "    image: registry.example.com/app:1\n    environment:\n      DATABASE_URL: postgres://postgres:Hx7qPw2vLm9s@db/shop\n"
    )
    made = planned(tmp_path, {"compose.yml": text}, "secret-not-inline")
    assert made.texts["compose.yml"].count("${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD}") == 2


BASES = {
    "a range that the new version fits": (
        {
            "Dockerfile": "FROM node:16-bookworm-slim\nUSER app\n",
            "package.json": '{"engines": {"node": ">=18 <26"}}',
        },
        "FROM node:24-bookworm-slim",
    ),
    "an extension without a version": (
        {"Dockerfile": "FROM php:8.0-fpm-alpine\nRUN pecl install redis\nUSER app\n"},
        "FROM php:8.4-fpm-alpine",
    ),
    "a tool of the distribution": (
        {"api/Dockerfile": "FROM alpine:3.18\nRUN apk add --no-cache curl\nUSER app\n"},
        "FROM alpine:3.2",
    ),
    "a major version alone that no tag has": (
        {"Dockerfile": "FROM mcr.microsoft.com/dotnet/aspnet:6.0\nUSER app\n"},
        "FROM mcr.microsoft.com/dotnet/aspnet:10.0",
    ),
}


@pytest.mark.parametrize(("files", "line"), BASES.values(), ids=BASES)
def test_another_version_of_a_base_that_nothing_speaks_against_is_written(
    files: dict[str, str], line: str, tmp_path: Path
) -> None:
    made = planned(tmp_path, files, "component-supported")
    assert any(line in text for text in made.texts.values()), [left.reason for left in made.left]


CHAIN = "FROM debian:13\nRUN apt-get update && \\\n    apt-get install -y --no-install-recommends git && \\\n    true\nUSER app\n"


def test_lists_are_removed_before_the_line_that_ends_a_chain(tmp_path: Path) -> None:
    made = planned(tmp_path, {"Dockerfile": CHAIN}, "image-trusted-build")
    assert made.texts["Dockerfile"] == CHAIN.replace(
        "    true", "    rm -rf /var/lib/apt/lists/* && \\\n    true"
    )


def test_an_option_is_added_where_a_service_is_extended(tmp_path: Path) -> None:
    text = (
        "services:\n  base:\n    image: registry.example.com/a:1\n  web:\n    extends:\n      service: base\n"
        "  worker:\n    extends: base\n"
    )
    made = planned(tmp_path, {"compose.yml": text}, "container-no-new-privileges")
    assert made.texts["compose.yml"].count("no-new-privileges") == 1
    assert "image: registry.example.com/a:1\n    security_opt:" in made.texts["compose.yml"]


SITE = "events {}\nhttp {\n  %s\n  server {\n    listen 8080;\n    location / {\n      proxy_pass http://app:8000;\n    }\n  }\n}\n"
OF_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: site\ndata:\n  nginx.conf: |\n"
CHART = "apiVersion: v2\nname: site\nversion: 1.0.0\n"
MOUNTED = (
    "services:\n  edge:\n    image: nginx:1.28.0\n    ports: ['9000:8080']\n    volumes:\n      - type: bind\n        read_only: true\n"
    "        source: ./nginx.conf\n        target: /etc/nginx/nginx.conf\n"
)
IN_FRONT = {
    "a ConfigMap": {"site.yaml": OF_MAP + "".join(f"    {line}\n" for line in (SITE % "").splitlines())},
    "a ConfigMap of a chart": {
        "site/Chart.yaml": CHART,
        "site/templates/site.yaml": OF_MAP + "".join(f"    {line}\n" for line in (SITE % "").splitlines()),
    },
    "a file of a chart": {
        "site/Chart.yaml": CHART,
        "site/templates/site.yaml": OF_MAP.replace(" |", ' {{ .Files.Get "files/nginx.conf" | quote }}'),
        "site/files/nginx.conf": SITE % "",
    },
    "a file of an image": {"site/Dockerfile": "FROM nginx:1.28.0\n", "site/nginx.conf": SITE % ""},
    "the root of an image": {"Dockerfile": "FROM nginx:1.28.0\n", "rootfs/etc/nginx/nginx.conf": SITE % ""},
    "a bind mount in the long form": {"compose.yaml": MOUNTED, "nginx.conf": SITE % ""},
    "a proxy of which only a placeholder stands": {
        "site/Dockerfile": "FROM nginx:1.28.0\n",
        "site/nginx.conf": SITE % "set_real_ip_from @PROXY@;\n  real_ip_header X-Forwarded-For;",
    },
    "nobody who is trusted": {
        "site/Dockerfile": "FROM nginx:1.28.0\n",
        "site/nginx.conf": SITE % "set_real_ip_from 0.0.0.0/32;\n  real_ip_header X-Forwarded-For;",
    },
}


@pytest.mark.parametrize("files", IN_FRONT.values(), ids=IN_FRONT)
def test_a_rate_by_address_behind_a_proxy_that_is_not_named_is_a_question(
    files: dict[str, str], tmp_path: Path
) -> None:
    made = planned(tmp_path, files, "http-limits-set")
    assert any("which proxy is in front?" in question for question in asked(made, "http-limits-set"))
    assert "limit_req" not in "".join(made.texts.values())


@pytest.mark.parametrize(
    "files",
    [
        {"nginx.conf": SITE % ""},
        {
            "site/Dockerfile": "FROM nginx:1.28.0\n",
            "site/nginx.conf": SITE % "set_real_ip_from 10.0.0.0/8;\n  real_ip_header X-Forwarded-For;",
        },
    ],
)
def test_a_rate_by_address_at_the_edge_or_behind_a_proxy_that_is_named_is_written(
    files: dict[str, str], tmp_path: Path
) -> None:
    assert "limit_req zone" in "".join(planned(tmp_path, files, "http-limits-set").texts.values())


INSIDE = SITE.replace("  server {", "  server {\n    server_name a.example.com;", 1) % (
    "server {\n    listen 443 ssl;\n    server_name a.example.com;\n    ssl_certificate a.pem;\n    ssl_certificate_key a.key;\n"
    "    location / { proxy_pass http://127.0.0.1:8000; }\n  }"
)


def test_a_port_that_nothing_publishes_gets_no_redirect(tmp_path: Path) -> None:
    stack = "services:\n  edge:\n    image: nginx:1.28.0\n    ports: ['443:443'%s]\n    volumes: ['./nginx.conf:/etc/nginx/nginx.conf:ro']\n"
    made = planned(tmp_path, {"compose.yaml": stack % "", "nginx.conf": INSIDE}, "tls-required")
    assert any("which clients inside" in question for question in asked(made, "tls-required"))
    assert made.texts == {}
    shown = planned(tmp_path, {"compose.yaml": stack % ", '80:8080'", "nginx.conf": INSIDE}, "tls-required")
    assert "return 308" in "".join(shown.texts.values())
