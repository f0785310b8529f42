"""Texts of any size for every reader: what grows is the number, not the kind.

`cases()` yields, by name, a function from a size to the files of a repository of that size.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from batten.technologies import technologies

PAGES = Path(__file__).parents[1] / "pages"
FENCE = re.compile(r"^```(?P<language>[\w-]+)(?P<info>[^\n]*)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
Files = dict[str, str]
Make = Callable[[int], Files]

# --- the pages' blocks, repeated with other names ---

_WORD = re.compile(
    r"\b(api|web|db|app|orders|shop|admin|cache|example|worker|users|items|main|this|store|edge|backend)\b"
)


@cache
def blocks() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    languages = {t.language: t.name for t in technologies().values()}
    for page in sorted(PAGES.glob("*/*.md")):
        for match in FENCE.finditer(page.read_text()):
            words = match["info"].split()
            if (
                {"bad", "fixed", "good"} & set(words)
                and "file=" not in match["info"]
                and match["language"] in languages
                and "{{ .Values"
                not in match["text"]  # a Helm template hides all that stands in one file with it
            ):
                found.setdefault(languages[match["language"]], []).append(match["text"])
    return found


def varied(text: str, number: int) -> str:
    return _WORD.sub(lambda m: f"{m[1]}{number}", text)


def rows(name: str, count: int) -> Iterator[str]:
    known = blocks()[name]
    for number in range(count):
        yield varied(known[number % len(known)], number)


def many_files(name: str, file: str) -> Make:
    return lambda count: {f"service-{n}/{file}": text for n, text in enumerate(rows(name, count))}


def one_file(file: str, name: str, between: str = "\n") -> Make:
    return lambda count: {file: between.join(rows(name, count))}


_CONTAINERS = frozenset(
    ("services", "networks", "volumes", "secrets", "paths", "components", "schemas", "securitySchemes", "Resources",
     "Parameters", "jobs", "channels", "operations", "messages", "servers", "http", "static_resources", "routers",
     "middlewares", "entryPoints", "tls", "options")
)  # fmt: skip


@cache
def _documents(name: str) -> list[Any]:
    found = []
    for text in blocks()[name]:
        try:
            found.append(yaml.safe_load(text))
        except yaml.YAMLError:  # several documents, or tags
            continue
    return [d for d in found if isinstance(d, dict)]


def _joined(whole: Any, part: Any, number: int) -> None:
    for key, value in part.items():
        if key in whole and isinstance(whole[key], dict) and isinstance(value, dict) and key in _CONTAINERS:
            _joined(whole[key], value, number)
        elif key in whole and isinstance(whole[key], list) and isinstance(value, list):
            whole[key] += value
        elif key not in whole:
            whole[key] = value if key not in _CONTAINERS or not isinstance(value, list) else list(value)
        elif isinstance(value, dict):
            whole[f"{key}{number}"] = value


def merged(file: str, name: str) -> Make:
    """The blocks of a technology as one document, with other names where two are the same."""

    def make(count: int) -> Files:
        whole: dict[str, Any] = {}
        known = _documents(name)
        for number in range(count):
            part = json.loads(varied(json.dumps(known[number % len(known)], default=str), number))
            _joined(whole, part, number)
        if file.endswith(".json"):
            return {file: json.dumps(whole, indent=1)}
        return {file: yaml.safe_dump(whole, sort_keys=False)}

    return make


FILES = {"traefik": "dynamic.yml"}


def from_pages() -> Iterator[tuple[str, Make]]:
    lines = (
        "nginx",
        "apache",
        "caddy",
        "haproxy",
        "lighttpd",
        "redis",
        "mosquitto",
        "rabbitmq",
        "kafka",
        "zookeeper",
        "couchdb",
        "nats",
        "grafana",
        "kibana",
        "logstash",
        "postgresql",
        "mysql",
        "memcached",
        "pgbouncer",
        "systemd",
        "quadlet",
        "shell",
        "environment",
        "credential_files",
        "dockerfile",
        "terraform",
        "fastapi",
        "django",
        "flask",
        "gunicorn",
        "hypercorn",
        "litestar",
        "pm2",
        "php",
        "spring",
        "express",
        "go",
        "rails",
        "laravel",
    )
    documents = (
        "etcd",
        "compose",
        "openapi",
        "cloudformation",
        "envoy",
        "kong",
        "traefik",
        "asyncapi",
        "github_actions",
        "gitlab_ci",
        "serverless",
        "pulumi",
        "mongodb",
        "elasticsearch",
        "opensearch",
        "cassandra",
        "prometheus",
        "qdrant",
        "aspnet",
    )
    for name, technology in technologies().items():
        if name in blocks():
            yield f"{name}: many files", many_files(name, FILES.get(name, technology.example))
        if name in lines and name in blocks():
            yield f"{name}: one long file", one_file(technology.example, name)
        if name in documents:
            yield f"{name}: one long file", merged(FILES.get(name, technology.example), name)
    yield "kubernetes: one long file", one_file("manifests.yaml", "kubernetes", "\n---\n")
    yield "openapi: one long JSON", merged("openapi.json", "openapi")
    yield "envoy: one long JSON", merged("envoy.json", "envoy")


# --- what a hostile file holds ---

HEADS = {
    "nginx.conf": "server { listen 80; server_name a; location / { proxy_pass http://a; } }\n",
    "httpd.conf": "<VirtualHost *:80>\n    ServerName a\n</VirtualHost>\n",
    "Caddyfile": "example.com {\n  respond hi\n}\n",
    "caddy.json": '{"apps": {"http": {"servers": {}}}}\n',
    "lighttpd.conf": 'server.document-root = "/srv"\nserver.port = 80\n',
    "haproxy.cfg": "global\n    daemon\ndefaults\n    mode http\nfrontend a\n    bind :80\n",
    "compose.yaml": "services:\n  web:\n    image: nginx:1.27\n",
    "Dockerfile": "FROM python:3.13-slim\nUSER 1000\n",
    ".dockerignore": "a\n",
    ".gitignore": "a\n",
    "openapi.yaml": "openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths: {}\n",
    "openapi.json": '{"openapi": "3.1.0", "info": {"title": "a", "version": "1"}, "paths": {}}\n',
    "buy.arazzo.yaml": "arazzo: 1.0.1\ninfo: {title: a, version: '1'}\nsourceDescriptions: []\nworkflows: []\n",
    "asyncapi.yaml": "asyncapi: 3.0.0\ninfo: {title: a, version: '1'}\nchannels: {}\n",
    "redis.conf": "port 6379\n",
    "mosquitto.conf": "listener 1883\n",
    "rabbitmq.conf": "listeners.tcp.1 = 5672\n",
    "server.properties": "broker.id=1\n",
    "zoo.cfg": "clientPort=2181\n",
    "mongod.conf": "net:\n  port: 1\n",
    "elasticsearch.yml": "network.host: 1.1.1.1\n",
    "opensearch.yml": "network.host: 1.1.1.1\n",
    "cassandra.yaml": "cluster_name: a\n",
    "influxdb.conf": "[http]\nenabled = true\n",
    "nats-server.conf": "port: 4222\n",
    "grafana.ini": "[server]\nhttp_port = 1\n",
    "prometheus.yml": "scrape_configs: []\n",
    "realm.json": '{"realm": "a", "sslRequired": "all"}\n',
    "advanced.config": "[{rabbit, [{tcp_listeners, [1]}]}].\n",
    "definitions.json": '{"rabbitmq_version": "4", "users": []}\n',
    "default/minio": "MINIO_VOLUMES=/a\n",
    "chroma.yaml": "persist_path: /a\n",
    "clickhouse.xml": "<clickhouse><http_port>1</http_port></clickhouse>\n",
    "qdrant.yaml": "service:\n  http_port: 1\n",
    "couchdb.ini": "[chttpd]\nport = 1\n",
    "postgresql.conf": "listen_addresses = '*'\n",
    "pg_hba.conf": "local all all peer\n",
    "my.cnf": "[mysqld]\nport = 3306\n",
    "memcached.conf": "-l 127.0.0.1\n",
    "pgbouncer.ini": "[pgbouncer]\nlisten_port = 1\n",
    "etcd.conf.yml": "listen-client-urls: http://localhost:2379\n",
    "Program.cs": "var builder = WebApplication.CreateBuilder(args);\nvar app = builder.Build();\n",
    "main.go": 'package main\n\nimport "net/http"\n\nvar s = http.Server{}\n',
    "hypercorn.toml": 'bind = "127.0.0.1:1"\n',
    "ecosystem.config.js": "module.exports = {\n  apps: [{ name: 'a', script: 'a.js' }],\n}\n",
    "app.js": "const express = require('express')\nconst app = express()\n",
    "config/app.php": "<?php\n\nreturn [\n    'debug' => env('APP_DEBUG', true),\n];\n",
    "config/environments/production.rb": "Rails.application.configure do\n  config.hosts = nil\nend\n",
    "appsettings.json": '{"AllowedHosts": "a"}\n',
    "web.config": "<configuration>\n</configuration>\n",
    "application.properties": "server.port=1\n",
    "application.yml": "server:\n  port: 1\n",
    "app.py": "from fastapi import FastAPI\napp = FastAPI()\n",
    "manifests.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers: []\n",
    "kustomization.yaml": "namespace: a\nresources: []\n",
    "Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n",
    "daemon.json": '{"hosts": ["fd://"]}\n',
    "kong.yml": "_format_version: '3.0'\nservices:\n- name: a\n  url: http://a\n",
    "api.service": "[Service]\nExecStart=/usr/bin/node a.js\n",
    ".gitlab-ci.yml": "deploy:\n  script: [curl -k https://a]\n",
    ".github/workflows/a.yml": "jobs:\n  a:\n    steps:\n    - run: curl -k https://a\n",
    "kong.conf": "proxy_listen = 0.0.0.0:8000\n",
    "envoy.yaml": "static_resources:\n  listeners:\n  - name: edge\n    filter_chains: []\n",
    ".env": "NAME=value\n",
    ".bash_history": "ls -l\n",
    "main.tf": 'resource "aws_s3_bucket" "a" {\n  bucket = "a"\n}\n',
    "main.tf.json": '{"resource": {"aws_s3_bucket": {"a": {"bucket": "a"}}}}\n',
    "terraform.tfvars": 'a = "b"\n',
    "plan.json": '{"format_version": "1.2", "planned_values": {"root_module": {"resources": []}}}\n',
    "traefik.yml": "entryPoints:\n  web:\n    address: ':80'\n",
    "traefik.toml": "[entryPoints.web]\naddress = ':80'\n",
    "template.yaml": "Resources:\n  A:\n    Type: AWS::S3::Bucket\n",
    "serverless.yml": "service: a\nprovider:\n  name: aws\n  runtime: nodejs22.x\nfunctions: {}\n",
    "Pulumi.yaml": "name: a\nruntime: yaml\nresources: {}\n",
    "web.container": "[Container]\nImage=docker.io/library/nginx:1.30\n",
    ".devcontainer/devcontainer.json": '{"image": "debian:13", "runArgs": []}\n',
    "start.sh": "#!/bin/sh\ndocker run -d --name a nginx:1.27\n",
    "docker-bake.hcl": 'target "a" {\n  context = "."\n}\n',
    "terragrunt.hcl": 'terraform {\n  source = "./a"\n}\ninputs = {}\n',
    "batten.yaml": "version: 1\n",
    "templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\n",
}
# What is repeated behind the head: on one line, on lines of its own, and with a number that makes each another.
UNITS = (
    "a", " ", "\t", "\n", "\r", "\r\n", "\\", "\\\n", '"', "'", "`", "{", "}", "[", "]", "(", ")", "<", ">", "$", "${", "${a", "%{",
    "#", "//", "/*", "--", ";", ":", ",", "=", "|", "&", "*", "!", "?", "@", "~", "^", ".", "/", "../", "é", "\0",
    "a ", "a\t", "a=", "a: ", "a,", '"a" ', '"a", ', "'a' ", "a.", "a/", "$a ", "${a}", "$(a ", "{{ a }}", "{{", "{% ", "<a ",
    "<a>", "<<A\n", "<<-A ", "- ", "- - ", "? ", "&a ", "*a ", "!a ", "{a: ", "[a, ", "{a", '{"a":', "a {\n", "a {", "a(", "((",
    "a\n", " a\n", "  a: b\n", "#a\n", "# a ", "a=b\n", "a b c\n", '"\n', "'\n", "a \\\n", "a: |\n", "a: >\n", "--- \n", "...\n",
    "[a]\n", "[[a]]\n", "a = [\n", '"""', "'''", "\\u0041", '\\"', "1", "9" , "1.", "1e", "0x", "-", "+1", "curl -k https://a ; ",
    "RUN a && \\\n", "RUN <<A\n", "COPY a b\n", "ENV a=$a$a\n", "location a { ", "include a;\n", "Include a\n", "import a\n",
    "<Location a>\n", "<Location a", "acl a path a\n", "set $a $a$a;\n", "Define a ${a}${a}\n", "if (a) { ", "rename-command a b\n",
    "def a():\n ", "lambda: ", "not ", "a if a else ", "f'{", "http://", "https://a:b@c ", "password=", "token: ", "Bearer ", "eyJ",
    "-----BEGIN PRIVATE KEY-----\n", "AKIA", "docker login -p ", "mysql -u a ", "curl ", "aws configure set ", "export a=",
    "dynamic a {\n", "for a in a : ", "*[", "**/", "?[", "!a\n", "a*", "[!", "a=%{", "<%= ", "{{- if a }}\n", "{{- range a }}",
    "{{ include a . }}", "{{ define \"a\" }}", '{"$ref": "#/a"}, ', "$ref: '#/a'\n", "<<: *a\n", "&a a: b\n",
)  # fmt: skip
NUMBERED = (
    "a{n}: b\n", "a{n} = b\n", "a{n} b;\n", "a{n} b\n", "x{n}: &x{n} a\n", "a{n} {{ b; }}\n", '"a{n}": 1,\n', "[a{n}]\n", "# a{n}\n",
    "a{n}=$a{m}\n", "set $a{n} $a{m};\n", "Define a{n} ${{a{m}}}\n", "ENV a{n}=$a{m}\n", "ARG a{n}\n", "FROM a{m} AS a{n}\n",
    'locals {{\n a{n} = local.a{m}\n}}\n', 'variable "a{n}" {{}}\n', "x{n}: &x{n} {{a: *x{m}}}\n", "location /a{n} {{ }}\n",
    "server {{ listen {n}; server_name a{n}; }}\n", "upstream a{n} {{ server b{n}; }}\n", "<Location /a{n}>\n</Location>\n",
    "<VirtualHost *:{n}>\nServerName a{n}\n</VirtualHost>\n", "(a{n}) {{\n import a{m}\n}}\n", "a{n}.example.com {{\n respond a\n}}\n",
    "frontend a{n}\n bind :{n}\n default_backend a{m}\n", "backend a{n}\n server a b{n}:80\n", "acl a{n} path /a{n}\n",
    "user a{n} on +@all ~* >p{n}\n", "rename-command A{n} B{n}\n", "@app.get('/a{n}')\ndef a{n}(): return a{m}()\n", "a{n} = a{m}\n",
    "a{n}: *x{m}\n", "RUN a{n}\n", "EXPOSE {n}\n", "COPY a{n} b{n}\n", "LABEL a{n}=b\n", "  a{n}:\n    image: a{n}\n",
    "a{n} = {{\n b = {n}\n}}\n", "[a{n}.b{n}]\nc = {n}\n", "[[a]]\nb{n} = {n}\n", 'resource "aws_s3_bucket" "a{n}" {{\n bucket = "a{n}"\n}}\n',
    'module "a{n}" {{\n source = "./a"\n x = module.a{m}.y\n}}\n', 'output "a{n}" {{\n value = local.a{m}\n}}\n',
    "{{{{ define \"a{n}\" }}}}{{{{ include \"a{m}\" . }}}}{{{{ end }}}}\n", "!a{n}/*.b\n", "a{n}/**/b?\n",
    "export a{n}=b\n", "Environment=a{n}=b\n", "ExecStart=/a{n}\n", "curl -u a{n}:b https://c{n}\n",
)  # fmt: skip


SHAPES = len(UNITS) + len(NUMBERED)
ONE_IN = 12


def sampled(number: int, turn: int) -> bool:
    """Whether a turn takes this one of the spoiled texts: each head with every twelfth shape, each shape with two or three."""
    head, shape = divmod(number, SHAPES)
    return (head * 5 + shape) % ONE_IN == turn % ONE_IN


def spoiled() -> Iterator[tuple[str, Make]]:
    """Every unit behind every head. The size is in hundreds of characters."""
    for file, head in HEADS.items():
        for unit in UNITS:
            yield f"{file}: {unit!r} again and again", _repeated(file, head, unit)
        for unit in NUMBERED:
            yield f"{file}: {unit!r} numbered", _numbered(file, head, unit)


def _repeated(file: str, head: str, unit: str) -> Make:
    return lambda size: {file: head + unit * (size * 100 // len(unit)), **_beside(file)}


def _numbered(file: str, head: str, unit: str) -> Make:
    def make(size: int) -> Files:
        count = size * 100 // len(unit) + 1
        return {
            file: head + "".join(unit.format(n=n, m=n - 1 if n else count) for n in range(count)),
            **_beside(file),
        }

    return make


def _beside(file: str) -> Files:
    """What makes the reader ask about it."""
    return {
        ".dockerignore": {"Dockerfile": "FROM a:1\nCOPY . .\n", ".env": "A=b\n", "id_rsa": "a"},
        ".gitignore": {".env": "PASSWORD=hunter22\n"},
        "terraform.tfvars": {"main.tf": 'variable "a" {}\n'},
        "templates/a.yaml": {
            "Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n",
            "values.yaml": "a: b\n",
        },
    }.get(file, {})


# --- lists, references, includes, depths ---


ROUND = "# round\n"


def _lines(
    head: str, line: str, tail: str = "", file: str = "", others: Callable[[int], Files] | None = None
) -> Make:
    """`m` is the number before `n`; the first has none, or with ROUND in the head the last."""

    def make(count: int) -> Files:
        first = count - 1 if ROUND in head else "x"
        text = head + "".join(line.format(n=n, m=n - 1 if n else first) for n in range(count)) + tail
        return {file: text, **(others(count) if others else {})}

    return make


def _each(name: str, text: str) -> Callable[[int], Files]:
    return lambda count: {
        name.format(n=n): text.format(n=n, m=n - 1 if n else count - 1) for n in range(count)
    }


_POD = "apiVersion: v1\nkind: Pod\nmetadata: {{name: p{n}, labels: {{app: a{n}}}}}\nspec:\n  containers:\n  - {{name: c, image: a:1, envFrom: [{{configMapRef: {{name: c{n}}}}}]}}\n---\n"
_SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {{name: s{n}}}\nspec: {{selector: {{app: a{n}}}, ports: [{{port: 80}}]}}\n---\n"
_INGRESS = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: i{n}}}\nspec:\n  rules:\n  - host: h{n}.example.com\n    http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: s{n}, port: {{number: 80}}}}}}}}]}}\n---\n"


def built() -> Iterator[tuple[str, Make]]:
    yield from {
        "compose: services": _lines("services:\n", "  s{n}:\n    image: a:{n}\n    ports: ['{n}:80']\n    environment: {{PASSWORD: hunter{n}}}\n    depends_on: [s{m}]\n    networks: [n{n}]\n", "", "compose.yaml"),
        "compose: services that extend each other in a circle": _lines(ROUND + "services:\n", "  s{n}:\n    extends: {{service: s{m}}}\n    image: a\n", "", "compose.yaml"),
        "nginx: variables in a circle": _lines(ROUND + "http { server { listen 80;\n", "set $a{n} $a{m}$a{m}; location /a{n} {{ proxy_pass http://$a{n}; }}\n", "} }\n", "nginx.conf"),
        "apache: variables in a circle": _lines(ROUND + "<VirtualHost *:80>\n", "Define A{n} ${{A{m}}}${{A{m}}}\nServerAlias ${{A{n}}}\n", "</VirtualHost>\n", "httpd.conf"),
        "terraform: locals in a circle": _lines(ROUND + "locals {\n", '  a{n} = "${{local.a{m}}}"\n', "}\nresource \"aws_s3_bucket\" \"b\" {\n  bucket = local.a1\n}\n", "main.tf"),
        "openapi: schemas in a circle": _lines(ROUND + "openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths:\n  /a: {get: {responses: {'200': {description: a, content: {application/json: {schema: {$ref: '#/components/schemas/S1'}}}}}}}\ncomponents:\n  schemas:\n", "    S{n}: {{type: object, properties: {{a: {{$ref: '#/components/schemas/S{m}'}}, b: {{type: string}}}}}}\n", "", "openapi.yaml"),
        "caddy: snippets in a circle": _lines(ROUND, "(s{n}) {{\n import s{m}\n import s{m}\n}}\n", "example.com {\n import s1\n}\n", "Caddyfile"),
        "gitlab: jobs in a circle": _lines(ROUND, "j{n}:\n  extends: j{m}\n  script: [curl -k https://a{n}]\n", "", ".gitlab-ci.yml"),
        "compose: services that extend each other": _lines("services:\n", "  s{n}:\n    extends: {{service: s{m}}}\n    image: a\n", "", "compose.yaml"),
        "compose: files that include each other": lambda count: {"compose.yaml": "include: [c0.yaml]\nservices: {}\n", **{f"c{n}.yaml": f"include: [c{n + 1}.yaml]\nservices:\n  s{n}: {{image: a}}\n" for n in range(count)}},
        "compose: many env_files": _lines("services:\n  a:\n    image: a\n    env_file:\n", "    - e{n}.env\n", "", "compose.yaml", _each("e{n}.env", "A{n}=b\n")),
        "compose: one service, many ports": _lines("services:\n  a:\n    image: a\n    ports:\n", "    - '{n}:{n}'\n", "", "compose.yaml"),
        "compose: one service, many variables": _lines("services:\n  a:\n    image: a\n    environment:\n", "      A{n}: ${{A{m}:-x}}\n", "", "compose.yaml"),
        "compose: anchors merged": _lines("x-0: &x0 {a: b}\nservices:\n", "  s{n}:\n    <<: *x0\n    image: a\n", "", "compose.yaml"),
        "compose: a chain of merges": lambda count: {"compose.yaml": "x-0: &x0 {a0: b}\n" + "".join(f"x-{n}: &x{n}\n  <<: *x{n - 1}\n  a{n}: b\n" for n in range(1, count)) + "services:\n  a: {image: a}\n"},
        "compose: a list of aliases": _lines("x: &x {image: a, command: [a, b]}\nservices:\n", "  s{n}: *x\n", "", "compose.yaml"),
        "compose: secrets and networks": _lines("services:\n  a: {image: a}\nnetworks:\n", "  n{n}: {{internal: true}}\n", "", "compose.yaml"),
        "compose: deep": lambda count: {"compose.yaml": "services:\n  a:\n    image: a\n    x-deep: " + "{a: " * count + "}" * count},
        "dockerfile: stages": _lines("", "FROM a{n} AS s{n}\nCOPY --from=s{m} a b\nRUN curl -k https://a{n}\n", "", "Dockerfile"),
        "dockerfile: a chain of stages": _lines("FROM a AS s0\n", "FROM s{m} AS s{n}\n", "", "Dockerfile"),
        "dockerfile: one long RUN": _lines("FROM a\nRUN true", " && \\\n curl -k https://a{n}", "\n", "Dockerfile"),
        "dockerfile: variables": _lines("FROM a\n", "ENV A{n}=$A{m}x\nRUN echo $A{n}\n", "", "Dockerfile"),
        "dockerfile: one ENV": _lines("FROM a\nENV", " \\\n  A{n}=b{n}", "\n", "Dockerfile"),
        "dockerfile: heredocs": _lines("FROM a\n", "RUN <<E{n}\ncurl -k https://a\nE{n}\n", "", "Dockerfile"),
        "dockerfile: many heredocs on one line": _lines("FROM a\nRUN a", " <<E{n}", "\n", "Dockerfile"),
        "dockerfile: comments in a continued line": _lines("FROM a\nRUN a \\\n", "# c{n}\n", "b\n", "Dockerfile"),
        "dockerfile: secrets": _lines("FROM a\n", "ENV DB_PASSWORD{n}=hunter{n}\nARG API_TOKEN{n}=abcdef{n}xyz\n", "", "Dockerfile"),
        "dockerfile: a folder of secrets": lambda count: {"Dockerfile": "FROM a:1\nCOPY . .\n", ".dockerignore": "".join(f"*.k{n}\n" for n in range(min(count, 900))), **{f"a{n}.pem": "a" for n in range(count)}},
        "nginx: locations": _lines("http { server { listen 80;\n", "location /a{n}/ {{ proxy_pass http://u{n}/; proxy_set_header Host $host; }}\n", "} }\n", "nginx.conf"),
        "nginx: locations by expressions": _lines("http { server { listen 80;\n", "location ~ ^/a{n}/(.*)$ {{ alias /data/$1; }}\n", "} }\n", "nginx.conf"),
        "nginx: refusing expressions": _lines("http { server { listen 80; root /srv;\n", "location ~ /\\.a{n} {{ deny all; }}\n", "} }\n", "nginx.conf"),
        "nginx: upstreams": _lines("http {\n", "upstream u{n} {{ server a{n}; }}\nserver {{ listen {n}; location / {{ proxy_pass http://u{n}; }} }}\n", "}\n", "nginx.conf"),
        "nginx: servers": _lines("http {\n", "server {{ listen 443 ssl; server_name a{n}.example.com; ssl_certificate a; ssl_certificate_key b; add_header A{n} b; }}\n", "}\n", "nginx.conf"),
        "nginx: plain servers and their twins": _lines("http {\n", "server {{ listen 80; server_name a{n}; }} server {{ listen 443 ssl; server_name a{n}; }}\n", "}\n", "nginx.conf"),
        "nginx: variables": _lines("http { server { listen 80;\n", "set $a{n} $a{m}$a{m}; location /a{n} {{ proxy_pass http://$a{n}; }}\n", "} }\n", "nginx.conf"),
        "nginx: a chain of variables": _lines("http { server { listen 80; set $a0 b;\n", "set $a{n} $a{m};\n", "location / { proxy_pass http://$a1; } } }\n", "nginx.conf"),
        "nginx: maps": _lines("http {\n", "map $a{m} $a{n} {{ default 1; b c; }}\n", "server { listen 80; location / { proxy_pass http://$a1; } } }\n", "nginx.conf"),
        "nginx: one long map": _lines("http { map $http_origin $o {\n", "https://a{n} 1;\n", "} server { listen 80; add_header Access-Control-Allow-Origin $o; } }\n", "nginx.conf"),
        "nginx: includes": _lines("http {\n", "include a{n}.conf;\n", "}\n", "nginx.conf", _each("a{n}.conf", "server {{ listen {n}; }}\n")),
        "nginx: one include everywhere": _lines("http {\n", "server {{ listen {n}; include a.conf; }}\n", "}\n", "nginx.conf", lambda count: {"a.conf": "add_header A b;\n"}),
        "nginx: a chain of includes": lambda count: {"nginx.conf": "http { include a0.conf; server { listen 80; } }\n", **{f"a{n}.conf": f"include a{n + 1}.conf;\n" for n in range(count)}},
        "nginx: includes of includes": lambda count: {"nginx.conf": "http { server { listen 80; include a0.conf; } }\n", **{f"a{n}.conf": f"include a{n + 1}.conf; include a{n + 1}.conf;\n" for n in range(count)}},
        "nginx: deep": lambda count: {"nginx.conf": "http { server { listen 80; " + "location /a { " * count + "}" * count + "} }"},
        "nginx: headers": _lines("http { server { listen 80;\n", "add_header A{n} b; proxy_hide_header C{n};\n", "} }\n", "nginx.conf"),
        "nginx: ifs": _lines("http { server { listen 80;\n", "if ($a{n} = b) {{ return 403; }}\n", "} }\n", "nginx.conf"),
        "nginx: rewrites": _lines("http { server { listen 80; location / {\n", "rewrite ^/a{n}/(.*)$ /b/$1 last;\n", "allow 10.0.0.0/8; deny all; } } }\n", "nginx.conf"),
        "nginx: one long server_name": _lines("http { server { listen 80; server_name", " a{n}.example.com", "; } }\n", "nginx.conf"),
        "nginx: beside many files": lambda count: {"nginx.conf": "server { listen 80; root html; location / { autoindex on; } }\n", **{f"html/.a{n}": "b" for n in range(count)}},
        "apache: locations": _lines("<VirtualHost *:80>\nServerName a\n", "<Location /a{n}>\nRequire ip 10.0.0.{n}\nProxyPass http://b{n}/\n</Location>\n", "</VirtualHost>\n", "httpd.conf"),
        "apache: hosts": _lines("", "<VirtualHost *:443>\nServerName a{n}\nSSLEngine on\nDocumentRoot /srv/a{n}\nHeader set A{n} b\n</VirtualHost>\n", "", "httpd.conf"),
        "apache: folders": _lines("<VirtualHost *:80>\nDocumentRoot /srv\n", "<Directory /srv/a{n}>\nOptions Indexes\n</Directory>\n", "</VirtualHost>\n", "httpd.conf"),
        "apache: rewrites": _lines("<VirtualHost *:80>\nRewriteEngine on\n", "RewriteCond %{{HTTP_HOST}} a{n}\nRewriteRule ^/a{n}/(.*)$ http://b/$1 [P]\n", "</VirtualHost>\n", "httpd.conf"),
        "apache: variables": _lines("<VirtualHost *:80>\n", "Define A{n} ${{A{m}}}${{A{m}}}\nServerAlias ${{A{n}}}\n", "</VirtualHost>\n", "httpd.conf"),
        "apache: a chain of variables": _lines("Define A0 b\n", "Define A{n} ${{A{m}}}\nListen ${{A{n}}}\n", "<VirtualHost *:80>\n</VirtualHost>\n", "httpd.conf"),
        "apache: macros": _lines("", "<Macro M{n}>\nUse M{m}\nListen {n}\n</Macro>\nUse M{n}\n", "<VirtualHost *:80>\n</VirtualHost>\n", "httpd.conf"),
        "apache: modules": _lines("", "<IfModule m{n}>\nListen {n}\n</IfModule>\n", "<VirtualHost *:80>\n</VirtualHost>\n", "httpd.conf"),
        "apache: SetEnvIf": _lines("<VirtualHost *:80>\n", "SetEnvIf Origin ^https://a{n}$ O{n}=$0\nHeader set Access-Control-Allow-Origin %{{O{n}}}e env=O{n}\n", "</VirtualHost>\n", "httpd.conf"),
        "apache: includes": _lines("<VirtualHost *:80>\n", "Include a{n}.conf\n", "</VirtualHost>\n", "httpd.conf", _each("a{n}.conf", "Header set A{n} b\n")),
        "apache: includes of includes": lambda count: {"httpd.conf": "<VirtualHost *:80>\nInclude a0.conf\n</VirtualHost>\n", **{f"a{n}.conf": f"Include a{n + 1}.conf\nInclude a{n + 1}.conf\n" for n in range(count)}},
        "apache: deep": lambda count: {"httpd.conf": "<VirtualHost *:80>\n" + "<IfDefine a>\n" * count + "</IfDefine>\n" * count + "</VirtualHost>\n"},
        "apache: one long line": _lines("<VirtualHost *:80>\nServerAlias", " \\\n a{n}", "\n</VirtualHost>\n", "httpd.conf"),
        "caddy: sites": _lines("", "a{n}.example.com {{\n root * /srv\n file_server browse\n header A{n} b\n handle /x{n}/* {{\n  reverse_proxy b{n}:80\n }}\n}}\n", "", "Caddyfile"),
        "caddy: one site, many handles": _lines("example.com {\n", " @m{n} path /a{n}/*\n handle @m{n} {{\n  reverse_proxy b{n}:80\n }}\n", "}\n", "Caddyfile"),
        "caddy: snippets": _lines("(s0) {\n respond a\n}\n", "(s{n}) {{\n import s{m}\n import s{m}\n}}\n", "example.com {\n import s1\n}\n", "Caddyfile"),
        "caddy: a chain of snippets": lambda count: {"Caddyfile": "(s0) {\n respond a\n}\n" + "".join(f"(s{n}) {{\n import s{n - 1}\n}}\n" for n in range(1, count)) + "".join(f"a{n}.example.com {{\n import s{n}\n}}\n" for n in range(count))},
        "caddy: imports": _lines("", "import a{n}\n", "example.com {\n respond a\n}\n", "Caddyfile", _each("a{n}", "b{n}.example.com {{\n respond a\n}}\n")),
        "caddy: heredocs": _lines("example.com {\n", " respond /{n} <<E{n}\n a\n E{n}\n", "}\n", "Caddyfile"),
        "caddy: deep": lambda count: {"Caddyfile": "example.com {\n" + "handle {\n" * count + "}\n" * count + "}\n"},
        "caddy: json": _lines('{"apps": {"http": {"servers": {"a": {"listen": [":80"], "routes": [', '{{"match": [{{"host": ["a{n}"]}}], "handle": [{{"handler": "reverse_proxy", "upstreams": [{{"dial": "b{n}:80"}}]}}]}}, ', "{}]}}}}}", "caddy.json"),
        "lighttpd: conditions": _lines("server.port = 80\n", '$HTTP["url"] =^ "/a{n}" {{\n setenv.add-response-header = ( "A{n}" => "b" )\n url.access-deny = ( ".x{n}" )\n dir-listing.activate = "enable"\n}}\n', "", "lighttpd.conf"),
        "lighttpd: sockets": _lines("server.port = 80\n", '$SERVER["socket"] == ":{n}" {{\n ssl.engine = "enable"\n ssl.pemfile = "a{n}.pem"\n url.redirect = ( "/a" => "https://b/" )\n}}\n', "", "lighttpd.conf"),
        "lighttpd: arrays added to": _lines('server.document-root = "/srv"\nserver.port = 80\n', 'setenv.add-response-header += ( "A{n}" => "b" )\nserver.modules += ( "mod_{n}" )\n', "", "lighttpd.conf"),
        "lighttpd: conditions that copy": _lines('server.port = 80\n', 'setenv.add-response-header += ( "A{n}" => "b" )\n$HTTP["url"] == "{n}" {{\n setenv.add-response-header += ( "B" => "c" )\n}}\n', "", "lighttpd.conf"),
        "lighttpd: one array": _lines("server.port = 80\nsetenv.set-response-header = (\n", '"A{n}" => "b",\n', ")\n", "lighttpd.conf"),
        "lighttpd: one sum": _lines("server.port = 80\nserver.tag = var.a", ' + "x{n}"', "\n", "lighttpd.conf"),
        "lighttpd: alternatives": _lines('$HTTP["url"] == "/" {\n}\n', 'else $HTTP["url"] == "/{n}" {{\n server.tag = "{n}"\n}}\n', "", "lighttpd.conf"),
        "lighttpd: deep": lambda count: {"lighttpd.conf": '$HTTP["url"] == "/" {\n' * count + "}\n" * count},
        "lighttpd: includes": _lines("server.port = 80\n", 'include "a{n}"\n', "", "lighttpd.conf", _each("a{n}", 'server.tag = "{n}"\n')),
        "haproxy: frontends": _lines("defaults\n mode http\n", "frontend f{n}\n bind :{n}\n acl a{n} path /x\n use_backend b{n} if a{n}\n http-response set-header A{n} b\nbackend b{n}\n server s a{n}:80\n", "", "haproxy.cfg"),
        "haproxy: one frontend, many rules": _lines("frontend f\n bind :80\n mode http\n", " acl a{n} path_beg /x{n}\n http-request deny if a{n} !a{m}\n use_backend b{n} if a{n}\n", "", "haproxy.cfg"),
        "haproxy: one acl, many values": _lines("frontend f\n bind :80\n mode http\n acl a path", " /x{n}", "\n http-request deny if a\n", "haproxy.cfg"),
        "haproxy: one acl, many lines": _lines("frontend f\n bind :80\n mode http\n", " acl a path /x{n}\n", " http-request deny if !a\n", "haproxy.cfg"),
        "haproxy: variables": _lines("global\n daemon\n", " setenv A{n} \"$A{m}$A{m}\"\n", "frontend f\n bind :80\n", "haproxy.cfg"),
        "haproxy: defaults from each other": _lines("", "defaults d{n} from d{m}\n mode http\nfrontend f{n} from d{n}\n bind :{n}\n", "", "haproxy.cfg"),
        "haproxy: users": _lines("userlist u\n", " user a{n} insecure-password b{n}\n", "frontend f\n bind :80\n http-request auth unless { http_auth(u) }\n", "haproxy.cfg"),
        "redis: users": _lines("port 6379\n", "user a{n} on ~* +@all >password{n}\nrename-command C{n} D{n}\n", "", "redis.conf"),
        "redis: includes": _lines("port 6379\n", "include a{n}.conf\n", "", "redis.conf", _each("a{n}.conf", "maxclients {n}\n")),
        "redis: includes of includes": lambda count: {"redis.conf": "port 1\ninclude a0.conf\n", **{f"a{n}.conf": f"include a{n + 1}.conf\ninclude a{n + 1}.conf\n" for n in range(count)}},
        "postgresql: settings": _lines("listen_addresses = '*'\n", "app.a{n} = 'b{n}'\nlog_statement = all\n", "", "postgresql.conf"),
        "postgresql: includes": _lines("port = 1\n", "include 'a{n}.conf'\n", "", "postgresql.conf", _each("a{n}.conf", "port = {n}\n")),
        "postgresql: includes of includes": lambda count: {"postgresql.conf": "port = 1\ninclude 'a0.conf'\n", **{f"a{n}.conf": f"include 'a{n + 1}.conf'\ninclude 'a{n + 1}.conf'\n" for n in range(count)}},
        "postgresql: rules": _lines("local all all peer\n", "host d{n} u{n} 10.{n}.0.0/16 trust\nhost d{m} all all reject\n", "", "pg_hba.conf"),
        "postgresql: one long rule": _lines("local all all peer\nhost a", ",d{n}", " all all trust\n", "pg_hba.conf"),
        "postgresql: continued": _lines("local all all peer\nhost all all ", "\\\n", " all trust\n", "pg_hba.conf"),
        "mysql: options": _lines("[mysqld]\n", "loose-a{n} = 'b{n}' # c\nlocal-infile\n[client{n}]\npassword = hunter{n}xyz\n[mysqld]\n", "", "my.cnf"),
        "mysql: includes": _lines("[mysqld]\n", "!include a{n}.cnf\n", "", "my.cnf", _each("a{n}.cnf", "[mysqld]\nport = {n}\n")),
        "mysql: includes of includes": lambda count: {"my.cnf": "[mysqld]\n!include a0.cnf\n", **{f"a{n}.cnf": f"!include a{n + 1}.cnf\n!include a{n + 1}.cnf\n" for n in range(count)}},
        "pgbouncer: databases": _lines("[pgbouncer]\nlisten_port = 1\n[databases]\n", "d{n} = host=h{n}.example.com password=hunter{n}xyz\n", "", "pgbouncer.ini"),
        "pgbouncer: includes of includes": lambda count: {"pgbouncer.ini": "[pgbouncer]\n%include a0.ini\n", **{f"a{n}.ini": f"%include a{n + 1}.ini\n%include a{n + 1}.ini\n" for n in range(count)}},
        "pgbouncer: users": _lines("", '"u{n}" "hunter{n}xyz"\n', "", "userlist.txt"),
        "memcached: options": _lines("-l 127.0.0.1\n", "-l 10.0.0.{n} -o a{n}=b,c{n}\n-vv # x\n", "", "memcached.conf"),
        "etcd: settings": _lines("listen-client-urls: http://localhost:2379\n", "a{n}: [b, c]\n", "", "etcd.conf.yml"),
        "etcd: urls": _lines("listen-client-urls: http://10.0.0.1:2379", ",http://10.0.0.2:{n}", "\n", "etcd.conf.yml"),
        "systemd: units": lambda count: {f"a{n}.service": f"[Service]\nExecStart=/bin/a --password b{n}\nEnvironment=A{n}=b\nUser=root\n" for n in range(count)},
        "shell: commands": _lines("#!/bin/sh\n", "docker run -d -p '{n}:80' -v /a{n}:/b --privileged -e PASSWORD=hunter{n} a{n}:1 --b\n", "", "start.sh"),
        "spring: code": _lines("class A {\n    SecurityFilterChain chain() {}\n", "  // {n}\n  /* \" {n} */ a.setAllowedOrigins(List.of(\"*\")); b.anyRequest() .permitAll();\n", "}\n", "A.java"),
        "spring: an open comment": _lines("class A { CorsRegistry r;\n", "/* \"\"\" {n} ' \" /*\n", "", "A.java"),
        "shell: credentials": _lines("#!/bin/sh\n", "PGPASSWORD=hunter{n}x pg_dump a{n}; curl -k -u a{n}:hunter{n} https://a{n}.example.com/\n", "", "start.sh"),
        "shell: documents and quotes": _lines("#!/bin/sh\n", "cat <<A{n}\ndocker run -d '\nA{n}\necho \"a{n} # ' $(docker run -d b)\n", "", "start.sh"),
        "systemd: drop-ins": lambda count: {"a.service": "[Service]\nExecStart=/bin/a\n", **{f"a.service.d/{n}.conf": f"[Service]\nEnvironment=A{n}=b\n" for n in range(count)}},
        "systemd: one unit": _lines("[Service]\nExecStart=/bin/redis-server\n", "Environment=PASSWORD{n}=hunter{n}\nExecStartPre=/bin/a{n}\n", "", "a.service"),
        "systemd: one long line": _lines("[Service]\nExecStart=/bin/redis-server", " \\\n --a{n} b", "\n", "a.service"),
        "environment: secrets": _lines("", "DB_PASSWORD_{n}=hunter{n}xyz\nURL{n}=postgres://a:hunter{n}@b\n", "", ".env"),
        "environment: history": _lines("", "curl -u a:hunter{n} https://b{n}\nmysql -u a -phunter{n}\nexport TOKEN{n}=abcdef{n}\n", "", ".bash_history"),
        "credential_files: netrc": _lines("", "machine h{n} login a password hunter{n}x\n# machine\n", "", ".netrc"),
        "credential_files: macros": _lines("", "macdef a{n}\nput\n\n", "", ".netrc"),
        "credential_files: one long line": _lines("", "machine h{n} login a password hunter{n}x ", "", ".netrc"),
        "credential_files: colons": _lines("", "a{n}:", "", ".pgpass"),
        "credential_files: passwords of hosts": _lines("", "h{n}:5432:a:b:hunter{n}x\n", "", ".pgpass"),
        "credential_files: addresses": _lines("", "https://a:hunter{n}x@b{n}\n", "", ".git-credentials"),
        "credential_files: sections": _lines("", "[s{n}]\naws_secret_access_key = hunter{n}x\n", "", ".aws/credentials"),
        "credential_files: brackets": _lines("", "[ [a{n}\n", "token = abcdef123\n", ".databrickscfg"),
        "credential_files: pairs": _lines("{", '"a{n}": {{"auth": "hunter{n}x"}},\n', '"b": 1}', ".docker/config.json"),
        "credential_files: quotes": _lines("{", '"password" : "a{n}\\\\', "", "terraform.tfstate"),
        "credential_files: elements": _lines("<servers>", "<password>hunter{n}x<password>", "</servers>", ".m2/settings.xml"),
        "credential_files: begun keys": _lines("", "-----BEGIN PRIVATE KEY-----\nAAAA{n}\n", "", "a.key"),
        "credential_files: keys": _lines("", "-----BEGIN PRIVATE KEY-----\nAAAA{n}\n-----END PRIVATE KEY-----\n", "", "a.pem"),
        "credential_files: statements": _lines("", "CREATE USER a{n} IDENTIFIED BY 'hunter{n}x';\n", "", "a.sql"),
        "credential_files: hashes": _lines("INSERT INTO a VALUES (1);\n", "$y$a{n}$b$argon2id$v=19$", "", "b.sql"),
        "credential_files: recording": _lines('{"entries": [', '{{"name": "cookie" , "value" : "abc{n}\\\\', "", "a.har"),
        "credential_files: copies": _lines("", "TOKEN{n} = glpat-\n", "", "a.py.orig"),
        "environment: fish": _lines("", "- cmd: set -gx -gx -gx TOKEN{n} abcdef{n}x\n  when: 1763990000\n", "", "fish_history"),
        "environment: clients": _lines("", "ACL SETUSER a >hunter{n}\\necho hunter{n} | sudo -S a\nldapsearch -w hunter{n}\nmc alias set a b c hunter{n}x\n", "", ".rediscli_history"),
        "environment: many ignore files": lambda count: {**{"d/" * n + ".gitignore": f"a{n}\n" for n in range(min(count, 400))}, "d/" * min(count, 400) + ".env": "PASSWORD=hunter22\n"},
        "environment: ignored": lambda count: {".gitignore": "".join(f"*.a{n}\n" for n in range(count)), **{f"d{n}/.env": "PASSWORD=hunter22\n" for n in range(50)}},
        "fastapi: routes": _lines("from fastapi import FastAPI\napp = FastAPI()\n", "@app.get('/a{n}')\ndef a{n}(b: int):\n    return b\n", "", "main.py"),
        "fastapi: routers": _lines("from fastapi import FastAPI, APIRouter\napp = FastAPI()\n", "r{n} = APIRouter()\napp.include_router(r{n})\n@r{n}.post('/a')\ndef f{n}(): pass\n", "", "main.py"),
        "fastapi: names": _lines("from fastapi import FastAPI\na0 = '*'\n", "a{n} = a{m}\n", "app = FastAPI()\napp.add_middleware(CORSMiddleware, allow_origins=[a1])\n", "main.py"),
        "fastapi: origins": _lines("from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\napp = FastAPI()\napp.add_middleware(CORSMiddleware, allow_origins=[", "'https://a{n}', ", "])\n", "main.py"),
        "fastapi: cookies": _lines("from fastapi import FastAPI\napp = FastAPI()\n", "def f{n}(r):\n    r.set_cookie('a{n}', 'b')\n", "", "main.py"),
        "express: routers of other files": lambda count: {"package.json": "{}", "app.js": "const express = require('express')\nconst app = express()\n" + "".join(f"app.use('/a{n}', require('./r{n}'))\n" for n in range(count)), **{f"r{n}.js": "const router = require('express').Router()\nrouter.get('/a', a)\nmodule.exports = router\n" for n in range(count)}},
        "express: routers in each other": _lines("const express = require('express')\nconst app = express()\napp.use(r0)\n", "const r{n} = express.Router()\nr{n}.get('/a', a)\nr{n}.use('/b', r{m})\n", "", "app.js"),
        "express: paths of one router": _lines("const express = require('express')\nconst app = express()\nconst r = express.Router()\n", "app.use('/a{n}', r)\nr.get('/b{n}', a)\n", "", "app.js"),
        "express: texts of texts": _lines("const app = require('express')()\nconst Bx = '/a'\n", "const B{n} = `${{B{m}}}${{B{m}}}`\napp.get(B{n}, a)\n", "", "app.js"),
        "nest: controllers": _lines("import { Controller, Get, UseGuards } from '@nestjs/common'\nimport { NestFactory } from '@nestjs/core'\n", "@Controller('a{n}')\nclass C{n} extends C{m} {{\n  @UseGuards(AuthGuard) @Get(':id') a() {{}}\n}}\n@Module({{ controllers: [C{n}] }})\nclass M{n} {{}}\n", "const app = await NestFactory.create(M0)\n", "main.ts"),
        "nest: controllers of other files": lambda count: {"main.ts": "import { NestFactory } from '@nestjs/core'\nconst app = await NestFactory.create(A)\n", **{f"c{n}.ts": f"import {{ Controller, Get }} from '@nestjs/common'\n@Controller(['a{n}', 'b'])\nclass C{n} {{\n  @Get(':id') a() {{}}\n}}\n@Module({{ controllers: [C{n}] }})\nclass M{{}}\n" for n in range(count)}},
        "django: names": _lines("ROOT_URLCONF = 'a'\n", "A{n} = A{m}\n", "DEBUG = A1\n", "settings.py"),
        "django: conditions": _lines("ROOT_URLCONF = 'a'\n", "if A{n}:\n    B{n} = 1\n", "", "settings.py"),
        "django: modules": lambda count: {"settings/__init__.py": "ROOT_URLCONF = 'a'\n", **{f"settings/m{n}.py": "from . import *\nDEBUG = False\n" for n in range(count)}},
        "django: routes": lambda count: {"settings.py": "ROOT_URLCONF = 'urls'\n", "views.py": "".join(f"@api_view(['GET'])\ndef a{n}(request): pass\n" for n in range(count)), "urls.py": "from django.urls import path\nimport views\nurlpatterns = [" + "".join(f"path('a{n}', views.a{n}), " for n in range(count)) + "]\n"},
        "flask: routes": _lines("from flask import Flask\napp = Flask(__name__)\n", "@app.get('/a{n}')\ndef a{n}():\n    return ''\n", "", "app.py"),
        "flask: applications": _lines("from flask import Flask\n", "app{n} = Flask(__name__)\napp{n}.config['DEBUG'] = True\n", "", "app.py"),
        "flask: blueprints": _lines("from flask import Blueprint, Flask\napp = Flask(__name__)\n", "b{n} = Blueprint('b', __name__)\napp.register_blueprint(b{n})\n@b{n}.get('/a')\ndef f{n}(): pass\n", "", "app.py"),
        "flask: conditions": _lines("from flask import Flask\napp = Flask(__name__)\n", "if a{n}:\n    app.config['A{n}'] = 1\n", "", "app.py"),
        "php: directives": _lines("display_errors = On\n", "a{n}.b = 1\n", "", "php.ini"),
        "php: pools": _lines("", "[a{n}]\npm = static\nlisten = 9000\nuser = root\n", "", "www.conf"),
        "gunicorn: variables": _lines("workers = 1\nraw_env = [\n", "'A{n}=b',\n", "]\n", "gunicorn.conf.py"),
        "fastapi: modules": lambda count: {"main.py": "from fastapi import FastAPI\napp = FastAPI()\n" + "".join(f"from m{n} import r{n}\napp.include_router(r{n})\n" for n in range(count)), **{f"m{n}.py": f"from fastapi import APIRouter\nr{n} = APIRouter()\n@r{n}.get('/a')\ndef f(): pass\n" for n in range(count)}},
        "openapi: operations": _lines("openapi: 3.1.0\ninfo: {title: a, version: '1'}\nservers: [{url: 'http://a'}]\npaths:\n", "  /a{n}/{{b}}:\n    parameters: [{{name: b, in: path, required: true, schema: {{type: string}}}}]\n    post:\n      operationId: o{n}\n      requestBody: {{content: {{application/json: {{schema: {{$ref: '#/components/schemas/S{n}'}}}}}}}}\n      responses: {{'200': {{description: a}}}}\n", "components: {schemas: {S0: {type: object}}}\n", "openapi.yaml"),
        "openapi: an overlay": lambda count: {
            "openapi.yaml": "openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths:\n" + "".join(f"  /a{n}: {{get: {{callbacks: {{a: {{$ref: '#/components/callbacks/C{n}'}}}}}}}}\n" for n in range(count)) + "components:\n  callbacks:\n" + "".join(f"    C{n}: {{'{{$request.query.u}}': {{post: {{callbacks: {{b: {{$ref: '#/components/callbacks/C{(n + 1) % count}'}}}}}}}}}}\n" for n in range(count)),
            "overlay.yaml": "overlay: 1.1.0\nextends: openapi.yaml\nactions:\n" + "".join(f"- {{target: '$..[?@.callbacks]', update: {{parameters: [{{name: a{n}, in: query}}]}}}}\n- {{target: '$.info', copy: '$'}}\n" for n in range(count)),
        },
        "openapi: schemas": _lines("openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths:\n  /a: {get: {responses: {'200': {description: a, content: {application/json: {schema: {$ref: '#/components/schemas/S1'}}}}}}}\ncomponents:\n  schemas:\n", "    S{n}: {{type: object, properties: {{a: {{$ref: '#/components/schemas/S{m}'}}, b: {{type: string}}}}}}\n", "", "openapi.yaml"),
        "openapi: doubled references": _lines("openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths:\n  /a: {post: {requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/S1'}}}}, responses: {'200': {description: a, content: {application/json: {schema: {$ref: '#/components/schemas/S2'}}}}}}}\ncomponents:\n  schemas:\n", "    S{n}: {{allOf: [{{$ref: '#/components/schemas/S{m}'}}, {{$ref: '#/components/schemas/S{m}'}}], type: object, properties: {{a: {{$ref: '#/components/schemas/S{m}'}}, b: {{$ref: '#/components/schemas/S{m}'}}}}}}\n", "", "openapi.yaml"),
        "openapi: one schema, many operations": _lines("openapi: 3.1.0\ninfo: {title: a, version: '1'}\ncomponents: {schemas: {S: {type: object, properties: {a: {type: array, items: {type: string}}}}}}\npaths:\n", "  /a{n}: {{post: {{requestBody: {{content: {{application/json: {{schema: {{$ref: '#/components/schemas/S'}}}}}}}}, responses: {{'200': {{description: a}}}}}}}}\n", "", "openapi.yaml"),
        "openapi: one schema, many properties": _lines("openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths: {/a: {post: {requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/S'}}}}, responses: {'200': {description: a}}}}}\ncomponents:\n  schemas:\n    S:\n      type: object\n      properties:\n", "        p{n}: {{type: string}}\n", "", "openapi.yaml"),
        "openapi: deep schema": lambda count: {"openapi.json": '{"openapi": "3.1.0", "info": {"title": "a", "version": "1"}, "paths": {"/a": {"post": {"requestBody": {"content": {"application/json": {"schema": ' + '{"type": "object", "properties": {"a": ' * count + "{}" + "}}" * count + '}}}, "responses": {"200": {"description": "a"}}}}}}'},
        "openapi: files that refer to each other": lambda count: {"openapi.yaml": "openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths:\n  /a: {$ref: 'p0.yaml'}\n", **{f"p{n}.yaml": f"$ref: 'p{n + 1}.yaml'\n" for n in range(count)}},
        "openapi: many files": lambda count: {"openapi.yaml": "openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths:\n" + "".join(f"  /a{n}: {{$ref: 'p{n}.yaml'}}\n" for n in range(count)), **{f"p{n}.yaml": "get: {responses: {'200': {description: a}}}\n" for n in range(count)}},
        "openapi: servers": _lines("openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths: {}\nservers:\n", "- {{url: 'http://a{n}.example.com'}}\n", "", "openapi.yaml"),
        "openapi: security schemes": _lines("openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths: {}\ncomponents:\n  securitySchemes:\n", "    s{n}: {{type: http, scheme: basic}}\n", "", "openapi.yaml"),
        "asyncapi: channels": _lines("asyncapi: 3.0.0\ninfo: {title: a, version: '1'}\nservers: {s: {host: a.example.com, protocol: kafka}}\nchannels:\n", "  c{n}: {{address: a{n}, messages: {{m: {{payload: {{type: object}}}}}}}}\n", "", "asyncapi.yaml"),
        "kubernetes: pods": _lines("", _POD, "", "manifests.yaml"),
        "kubernetes: pods, services, ingresses": _lines("", _POD + _SERVICE + _INGRESS, "", "manifests.yaml"),
        "kubernetes: one pod each file": _each("p{n}.yaml", _POD.removesuffix("---\n")),
        "kubernetes: configmaps": _lines("", "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{n}}}\ndata:\n  PASSWORD: hunter{n}\n  nginx.conf: |\n    server {{ listen {n}; }}\n---\n", "", "manifests.yaml"),
        "kubernetes: one configmap, many files": _lines("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n", "  a{n}.conf: |\n    server {{ listen {n}; server_tokens on; }}\n", "", "manifests.yaml"),
        "kubernetes: network policies": _lines("", _POD + "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p{n}}}\nspec: {{podSelector: {{matchLabels: {{app: a{n}}}}}, policyTypes: [Ingress]}}\n---\n", "", "manifests.yaml"),
        "kubernetes: roles": _lines("", "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: r{n}}}\nrules: [{{apiGroups: ['*'], resources: ['*'], verbs: ['*']}}]\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {{name: b{n}}}\nroleRef: {{kind: ClusterRole, name: r{n}}}\nsubjects: [{{kind: ServiceAccount, name: s{n}}}]\n---\n", "", "manifests.yaml"),
        "kubernetes: one pod, many containers": _lines("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n", "  - {{name: c{n}, image: a:{n}, env: [{{name: PASSWORD, value: hunter{n}}}]}}\n", "", "manifests.yaml"),
        "kubernetes: one pod, many variables": _lines("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: c\n    image: a\n    env:\n", "    - {{name: A{n}, value: $(A{m})}}\n", "", "manifests.yaml"),
        "kubernetes: one ingress, many rules": _lines("apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i}\nspec:\n  rules:\n", "  - host: h{n}.example.com\n    http: {{paths: [{{path: /a{n}, pathType: Prefix, backend: {{service: {{name: s{n}, port: {{number: 80}}}}}}}}]}}\n", "", "manifests.yaml"),
        "kustomize: resources": _lines("resources:\n", "- a{n}.yaml\n", "", "kustomization.yaml", _each("a{n}.yaml", _POD.removesuffix("---\n"))),
        "kustomize: patches": _lines("resources: [a.yaml]\npatches:\n", "- target: {{kind: Pod, name: p{n}}}\n  patch: '[{{op: add, path: /metadata/labels/b{n}, value: c}}]'\n", "", "kustomization.yaml", lambda count: {"a.yaml": "".join(_POD.format(n=n) for n in range(count))}),
        "kustomize: bases of bases": lambda count: {"kustomization.yaml": "resources: [b0]\n", **{("/".join(f"b{k}" for k in range(n + 1))) + "/kustomization.yaml": f"resources: [b{n + 1}]\nnamePrefix: a-\n" for n in range(min(count, 60))}},
        "kustomize: doubled bases": lambda count: {**{f"b{n}/kustomization.yaml": f"resources: [../b{n + 1}, ../b{n + 1}]\n" for n in range(min(count, 60))}, f"b{min(count, 60)}/kustomization.yaml": "resources: [a.yaml]\n", f"b{min(count, 60)}/a.yaml": _POD.format(n=1).removesuffix("---\n")},
        "kustomize: generators": _lines("configMapGenerator:\n", "- name: c{n}\n  literals: [PASSWORD=hunter{n}]\n", "", "kustomization.yaml"),
        "helm: templates": lambda count: {"Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n", "values.yaml": "".join(f"v{n}: b\n" for n in range(count)), **{f"templates/t{n}.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Values.v" + str(n) + " }}\nspec:\n  containers:\n  - image: a\n    name: b\n" for n in range(count)}},
        "helm: one template": lambda count: {"Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n", "values.yaml": "a: b\n", "templates/t.yaml": "".join("---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Values.a }}" + str(n) + "\nspec:\n  containers:\n  - image: a\n    name: b\n" for n in range(count))},
        "helm: a range": lambda count: {"Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n", "values.yaml": "a:\n" + "".join(f"- b{n}\n" for n in range(count)), "templates/t.yaml": "{{- range .Values.a }}\n---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ . }}\nspec:\n  containers:\n  - image: a\n    name: b\n{{- end }}\n"},
        "helm: definitions": lambda count: {"Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n", "templates/_h.tpl": '{{ define "d0" }}a{{ end }}\n' + "".join('{{ define "d' + str(n) + '" }}{{ include "d' + str(n - 1) + '" . }}{{ include "d' + str(n - 1) + '" . }}{{ end }}\n' for n in range(1, count)), "templates/t.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ include \"d" + str(count - 1) + "\" . }}\n"},
        "helm: ranges in ranges": lambda count: {"Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n", "values.yaml": "a: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n", "templates/t.yaml": "{{ range $.Values.a }}" * min(count, 50) + "a: b\n" + "{{ end }}" * min(count, 50)},
        "helm: deep": lambda count: {"Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n", "templates/t.yaml": "{{ if true }}" * count + "a: b" + "{{ end }}" * count},
        "helm: long values": lambda count: {"Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n", "values.yaml": "a: " + "b" * count * 50 + "\n", "templates/t.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Values.a | quote | indent 4 | replace \"b\" \"cc\" }}\n"},
        "kong: services": _lines("_format_version: '3.0'\nservices:\n", "- name: s{n}\n  url: http://a{n}\n  routes:\n  - name: r{n}\n    paths: [/a{n}]\n  plugins:\n  - name: cors\n    config: {{origins: ['*']}}\n", "", "kong.yml"),
        "kong: plugins apart": _lines("_format_version: '3.0'\nservices:\n- {name: s, url: 'http://a'}\nplugins:\n", "- {{name: key-auth, service: s{n}}}\n", "", "kong.yml"),
        "kong: upstreams": _lines("_format_version: '3.0'\nservices:\n- {name: s, url: 'http://u1'}\nupstreams:\n", "- {{name: u{n}, targets: [{{target: 'a{n}:80'}}]}}\n", "", "kong.yml"),
        "kong: consumers": _lines("_format_version: '3.0'\nservices:\n- {name: s, url: 'http://u1'}\nconsumers:\n", "- {{username: u{n}, keyauth_credentials: [{{key: abcdefghij{n}}}]}}\n", "", "kong.yml"),
        "envoy: listeners": _lines("static_resources:\n  listeners:\n", "  - name: l{n}\n    address: {{socket_address: {{address: 0.0.0.0, port_value: {n}}}}}\n    filter_chains:\n    - filters:\n      - name: envoy.filters.network.http_connection_manager\n        typed_config:\n          '@type': type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager\n          stat_prefix: a\n          route_config: {{virtual_hosts: [{{name: a, domains: ['*'], routes: [{{match: {{prefix: /}}, route: {{cluster: c{n}}}}}]}}]}}\n", "", "envoy.yaml"),
        "envoy: clusters": _lines("static_resources:\n  listeners: []\n  clusters:\n", "  - name: c{n}\n    type: STRICT_DNS\n    load_assignment: {{cluster_name: c{n}, endpoints: [{{lb_endpoints: [{{endpoint: {{address: {{socket_address: {{address: a{n}, port_value: 80}}}}}}}}]}}]}}\n", "", "envoy.yaml"),
        "envoy: routes": _lines("static_resources:\n  listeners:\n  - name: l\n    address: {socket_address: {address: 0.0.0.0, port_value: 80}}\n    filter_chains:\n    - filters:\n      - name: envoy.filters.network.http_connection_manager\n        typed_config:\n          '@type': type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager\n          stat_prefix: a\n          route_config:\n            virtual_hosts:\n            - name: a\n              domains: ['*']\n              routes:\n", "              - {{match: {{prefix: /a{n}}}, route: {{cluster: c{n}}}}}\n", "", "envoy.yaml"),
        "traefik: routers": _lines("http:\n  routers:\n", "    r{n}: {{rule: 'Host(`a{n}`)', service: s{n}, middlewares: [m{n}]}}\n", "  services: {s1: {loadBalancer: {servers: [{url: 'http://a'}]}}}\n", "dynamic.yml"),
        "traefik: middlewares": _lines("http:\n  routers:\n    r: {rule: 'Host(`a`)', service: s, middlewares: [m1]}\n  middlewares:\n", "    m{n}: {{chain: {{middlewares: [m{m}, m{m}]}}}}\n", "", "dynamic.yml"),
        "traefik: one long rule": _lines("http:\n  routers:\n    r: {service: s, rule: 'Host(`a`)", " || Host(`a{n}`)", "'}\n", "dynamic.yml"),
        "traefik: toml": _lines("[http.routers.a]\nrule = 'Host(`a`)'\nservice = 'a'\n", "[http.routers.r{n}]\nrule = 'Host(`a{n}`)'\nservice = 's{n}'\n[[http.services.s{n}.loadBalancer.servers]]\nurl = 'http://a{n}'\n", "", "dynamic.toml"),
        "traefik: files": lambda count: {"traefik.yml": "entryPoints: {web: {address: ':80'}}\nproviders: {file: {directory: dynamic}}\n", **{f"dynamic/d{n}.yml": f"http: {{routers: {{r{n}: {{rule: 'Host(`a`)', service: s}}}}}}\n" for n in range(count)}},
        "traefik: labels": _lines("services:\n", "  s{n}:\n    image: a\n    labels:\n    - traefik.http.routers.r{n}.rule=Host(`a{n}`)\n    - traefik.http.routers.r{n}.middlewares=m{m}\n    - traefik.http.middlewares.m{n}.headers.customresponseheaders.A=b\n", "  edge: {image: 'traefik:3', command: [--providers.docker]}\n", "compose.yaml"),
        "terraform: resources": _lines("", 'resource "aws_s3_bucket" "b{n}" {{\n  bucket = "a{n}"\n}}\nresource "aws_security_group" "g{n}" {{\n  ingress {{\n    from_port = {n}\n    to_port = {n}\n    protocol = "tcp"\n    cidr_blocks = ["0.0.0.0/0"]\n  }}\n}}\n', "", "main.tf"),
        "terraform: buckets and what belongs to them": _lines("", 'resource "aws_s3_bucket" "b{n}" {{\n  bucket = "a{n}"\n}}\nresource "aws_s3_bucket_public_access_block" "b{n}" {{\n  bucket = aws_s3_bucket.b{n}.id\n  block_public_acls = true\n}}\n', "", "main.tf"),
        "terraform: modules of the registry": _lines("", 'module "m{n}" {{\n  source = "terraform-aws-modules/security-group/aws"\n  ingress_cidr_blocks = ["10.0.{n}.0/24"]\n  ingress_rules = ["ssh-tcp"]\n}}\n', "", "main.tf"),
        "terraform: an argument of a registry's module": _lines('module "m" {\n  source = "terraform-aws-modules/security-group/aws"\n  ingress_with_cidr_blocks = [\n', '    {{ from_port = {n}, to_port = {n}, protocol = "tcp", cidr_blocks = "0.0.0.0/0" }},\n', "  ]\n}\n", "main.tf"),
        "terraform: parts of buckets elsewhere": _lines('variable "b" {}\n', 'resource "aws_s3_bucket_public_access_block" "b{n}" {{\n  bucket = var.b{n}\n  block_public_acls = false\n}}\n', "", "main.tf"),
        "terraform: documents that nothing takes": _lines("", 'data "aws_iam_policy_document" "d{n}" {{\n  statement {{\n    actions = ["*"]\n    resources = ["*"]\n  }}\n}}\n', "", "main.tf"),
        "terraform: rules of a bucket's dynamic block": _lines('resource "aws_s3_bucket" "b" {\n  dynamic "cors_rule" {\n    for_each = [\n', "      {{ a = {n} }},\n", '    ]\n    content {\n      allowed_methods = ["GET"]\n      allowed_origins = ["*"]\n    }\n  }\n}\n', "main.tf"),
        "terraform: inputs of Terragrunt": _lines('terraform {\n  source = "tfr:///terraform-aws-modules/rds/aws?version=6.1.0"\n}\ninputs = {\n', "  a{n} = true\n", "}\n", "terragrunt.hcl"),
        "terraform: locals": _lines("locals {\n  ax = \"x\"\n", '  a{n} = "${{local.a{m}}}"\n', "}\nresource \"aws_s3_bucket\" \"b\" {\n  bucket = local.a1\n}\n", "main.tf"),
        "terraform: doubling locals": lambda count: {"main.tf": 'locals {\n  a0 = "x"\n' + "".join(f'  a{n} = "${{local.a{n - 1}}}${{local.a{n - 1}}}"\n' for n in range(1, count)) + f'}}\nresource "aws_s3_bucket" "b" {{\n  bucket = local.a{count - 1}\n}}\n'},
        "terraform: lists of lists": lambda count: {"main.tf": 'locals {\n  a0 = ["x"]\n' + "".join(f"  a{n} = concat(local.a{n - 1}, local.a{n - 1})\n" for n in range(1, count)) + f'}}\nresource "aws_security_group" "b" {{\n  ingress {{\n    from_port = 1\n    to_port = 2\n    cidr_blocks = local.a{count - 1}\n  }}\n}}\n'},
        "terraform: count": lambda count: {"main.tf": f'resource "aws_s3_bucket" "b" {{\n  count = {count * 100}\n  bucket = "a${{count.index}}"\n}}\n'},
        "terraform: for_each": _lines('resource "aws_s3_bucket" "b" {\n  bucket = each.key\n  for_each = toset([', '"a{n}", ', "])\n}\n", "main.tf"),
        "terraform: dynamic": _lines('locals {\n  l = [', '"10.0.0.{n}/32", ', ']\n}\nresource "aws_security_group" "b" {\n  dynamic "ingress" {\n    for_each = local.l\n    content {\n      from_port = 1\n      to_port = 2\n      cidr_blocks = [ingress.value]\n    }\n  }\n}\n', "main.tf"),
        "terraform: for in for": lambda count: {"main.tf": "locals {\n  l = [" + ", ".join(map(str, range(count))) + ']\n  m = [for a in local.l : [for b in local.l : "${a}${b}"]]\n}\nresource "aws_s3_bucket" "b" {\n  for_each = toset(flatten(local.m))\n  bucket = each.key\n}\n'},
        "terraform: modules": lambda count: {"main.tf": "".join(f'module "m{n}" {{\n  source = "./m{n}"\n  a = "b{n}"\n}}\n' for n in range(count)), **{f"m{n}/main.tf": 'variable "a" {}\nresource "aws_s3_bucket" "b" {\n  bucket = var.a\n}\n' for n in range(count)}},
        "terraform: one module often": _lines("", 'module "m{n}" {{\n  source = "./m"\n  a = "b{n}"\n}}\n', "", "main.tf", lambda count: {"m/main.tf": 'variable "a" {}\nresource "aws_s3_bucket" "b" {\n  bucket = var.a\n}\n'}),
        "terraform: modules of modules": lambda count: {"main.tf": 'module "a" {\n  source = "./m0"\n}\n', **{f"m{n}/main.tf": f'module "a" {{\n  source = "../m{n + 1}"\n}}\nmodule "b" {{\n  source = "../m{n + 1}"\n}}\nresource "aws_s3_bucket" "b" {{}}\n' for n in range(min(count, 60))}},
        "terraform: files": _each("f{n}.tf", 'resource "aws_s3_bucket" "b{n}" {{\n  bucket = "a{n}"\n}}\n'),
        "terraform: variables": _lines("", 'variable "v{n}" {{\n  default = "hunter{n}"\n}}\n', "", "main.tf", lambda count: {"terraform.tfvars": "".join(f'v{n} = "b{n}"\n' for n in range(count))}),
        "terraform: deep expression": lambda count: {"main.tf": "locals {\n  a = " + "(" * count + "1" + ")" * count + "\n}\n" + 'resource "aws_s3_bucket" "b" {\n  bucket = local.a\n}\n'},
        "terraform: deep list": lambda count: {"main.tf": "locals {\n  a = " + "[" * count + "1" + "]" * count + "\n}\n"},
        "terraform: conditions": lambda count: {"main.tf": "locals {\n  a = " + "true ? " * count + "1" + " : 2" * count + "\n}\n"},
        "terraform: heredocs": _lines("", 'resource "aws_s3_bucket_policy" "p{n}" {{\n  bucket = "a{n}"\n  policy = <<E\n{{"Statement": [{{"Effect": "Allow", "Principal": "*", "Action": "*"}}]}}\nE\n}}\n', "", "main.tf"),
        "terraform: one long policy": _lines('resource "aws_s3_bucket_policy" "p" {\n  bucket = "a"\n  policy = jsonencode({\n    Statement = [', '{{Effect = "Allow", Principal = "*", Action = "s3:{n}"}}, ', "]\n  })\n}\n", "main.tf"),
        "terraform: plan": _lines('{"format_version": "1.2", "planned_values": {"root_module": {"resources": [', '{{"address": "aws_s3_bucket.b{n}", "mode": "managed", "type": "aws_s3_bucket", "name": "b{n}", "values": {{"bucket": "a{n}"}}}}, ', '{"address": "a.b", "mode": "managed", "type": "a", "name": "b", "values": {}}]}}}', "plan.json"),
        "terraform: json": _lines('{"resource": {"aws_s3_bucket": {', '"b{n}": {{"bucket": "a{n}"}}, ', '"z": {"bucket": "z"}}}}', "main.tf.json"),
        "cloudformation: resources": _lines("Resources:\n", "  B{n}:\n    Type: AWS::S3::Bucket\n    Properties: {{BucketName: !Sub 'a${{P{n}}}'}}\n  G{n}:\n    Type: AWS::EC2::SecurityGroup\n    Properties:\n      SecurityGroupIngress: [{{IpProtocol: tcp, FromPort: {n}, ToPort: {n}, CidrIp: 0.0.0.0/0}}]\n", "", "template.yaml"),
        "cloudformation: references": _lines("Parameters:\n  P: {Type: String, Default: a}\nResources:\n", "  B{n}:\n    Type: AWS::S3::Bucket\n    Properties: {{BucketName: !Ref B{m}}}\n    DependsOn: B{m}\n", "", "template.yaml"),
        "cloudformation: mappings": _lines("Mappings:\n  M:\n", "    k{n}: {{a: b{n}}}\n", "Resources:\n  B:\n    Type: AWS::S3::Bucket\n    Properties: {BucketName: !FindInMap [M, k1, a]}\n", "template.yaml"),
        "cloudformation: joins": lambda count: {"template.yaml": "Resources:\n  B:\n    Type: AWS::S3::Bucket\n    Properties:\n      BucketName: " + "{'Fn::Join': ['', [a, " * count + "a" + "]]}" * count + "\n"},
        "cloudformation: conditions": _lines("Resources:\n  B:\n    Type: AWS::S3::Bucket\n    Condition: C1\nConditions:\n  Cx: !Equals [a, a]\n", "  C{n}: !And [!Condition C{m}, !Condition C{m}]\n", "", "template.yaml"),
        "actions: jobs": _lines("on: push\njobs:\n", "  j{n}:\n    runs-on: a\n    needs: [j{m}]\n    env: {{PASSWORD: hunter{n}}}\n    steps:\n    - run: curl -k https://a{n}\n", "", ".github/workflows/a.yml"),
        "actions: one long script": _lines("on: push\njobs:\n  j:\n    runs-on: a\n    steps:\n    - run: |\n", "        curl -k https://a{n}; wget --no-check-certificate b{n}\n", "", ".github/workflows/a.yml"),
        "gitlab: jobs": _lines("", "j{n}:\n  extends: j{m}\n  variables: {{PASSWORD: hunter{n}}}\n  script: [curl -k https://a{n}]\n", "", ".gitlab-ci.yml"),
        "gitlab: one long script": _lines("j:\n  script:\n", "  - curl -k https://a{n}\n", "", ".gitlab-ci.yml"),
        "docker: hosts": _lines('{"hosts": [', '"tcp://0.0.0.0:{n}", ', '"fd://"]}', "daemon.json"),
        "policy: waivers": _lines("version: 1\nwaivers:\n", "- {{control: hsts-sent, path: 'a{n}/*', reason: b, until: 2099-01-01}}\n", "", "batten.yaml", _each("a{n}/nginx.conf", "server {{ listen 443 ssl; server_name a{n}; }}\n")),
        "policy: customs": _lines("version: 1\ncustom:\n", "- {{slug: my-c{n}, title: a, severity: low, why: b, fact: Workload, field: image, must: {{match: '^a{n}.*$'}}}}\n", "", "batten.yaml", lambda count: {"compose.yaml": "services:\n  a: {image: a}\n"}),
        "policy: ignored": _lines("version: 1\nignore:\n", "- 'a{n}/**/b*'\n", "", "batten.yaml", lambda count: {f"d{n}/a": "b" for n in range(50)}),
        "files: named like many things": lambda count: {f"{'a/' * (n % 50)}b{n}.{e}": "a: b\n" for n in range(count) for e in ("yaml", "json", "conf", "tf", "py", "env", "txt")},
        "files: deep": lambda count: {"a/" * min(count, 2000) + "nginx.conf": "server { listen 80; }\n", "a/" * min(count, 2000) + "compose.yaml": "services: {a: {image: a}}\n"},
    }.items()  # fmt: skip


def cases() -> Iterator[tuple[str, Make]]:
    yield from from_pages()
    yield from built()
    yield from spoiled()
