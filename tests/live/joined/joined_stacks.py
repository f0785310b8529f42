"""Stacks as files declare them, started for real on loopback: the same configuration files, with ports and names laid over.

Each holds a second service with the same faults, which answers elsewhere or not at all: it must not be named for what
the first one shows.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from live_servers import authority, certificate, running, write_anchor, write_pem

from batten.model.record import record
from needs import program, without
from servers import free_port

NAMES = ("TLS", "PLAIN", "APP", "OTHER", "CACHE")


@record
class Running:
    """A command with the files of the stack that it is started with; `{file:…}` in it is where one was laid."""

    command: tuple[str, ...]
    port: str
    environment: Mapping[str, str]


@record
class Stack:
    """`files` are what is reviewed; ports in them are `@TLS@` and the like. `laid` is what else is replaced where they run."""

    name: str
    files: Mapping[str, str]
    servers: tuple[Running, ...]
    laid: Mapping[str, str]


POLICY = """version: 1
gate: low
hosts: [localhost]
environments:
  live:
    url: https://localhost:@TLS@
    plain: http://localhost:@PLAIN@
    ca: ca.pem
    rate: 5000
"""

NGINX = Stack(
    "nginx and FastAPI, with Compose",
    {
        "batten.yaml": POLICY,
        "compose.yaml": """services:
  edge:
    image: nginx:1.30
    ports: ["@TLS@:443", "@PLAIN@:80"]
    volumes: ["./edge/nginx.conf:/etc/nginx/nginx.conf:ro"]
  intranet:
    image: nginx:1.30
    ports: ["@OTHER@:8081"]
    volumes: ["./intranet/nginx.conf:/etc/nginx/nginx.conf:ro"]
  api:
    build: ./api
""",
        "edge/nginx.conf": """events {}
http {
    server {
        listen 443 ssl;
        server_name localhost;
        ssl_certificate /etc/ssl/edge.pem;
        ssl_certificate_key /etc/ssl/edge.key;
        ssl_protocols TLSv1.1 TLSv1.2 TLSv1.3;
        ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0;
        location / {
            proxy_pass http://api:8000;
        }
    }
    server {
        listen 80;
        server_name localhost;
        location / {
            proxy_pass http://api:8000;
        }
    }
}
""",
        "intranet/nginx.conf": """events {}
http {
    server {
        listen 8081 ssl;
        ssl_certificate /etc/ssl/edge.pem;
        ssl_certificate_key /etc/ssl/edge.key;
        ssl_protocols TLSv1.1 TLSv1.2;
        root /srv/intranet;
        autoindex on;
    }
}
""",
        "api/Dockerfile": 'FROM python:3.14-slim\nCOPY . /app\nUSER app\nCMD ["uvicorn", "main:app", "--host", "0.0.0.0"]\n',
        "api/main.py": """import os

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI(debug=True)
app.add_middleware(
    CORSMiddleware,
    allow_origins=["*"],
    allow_credentials=True,
)


@app.get("/v1/items/{number}")
def item(number: str):
    return {"number": int(number)}
""",
    },
    (
        Running(
            (sys.executable, "-m", "uvicorn", "main:app", "--app-dir", "{file:api}", "--port", "@APP@"),
            "APP",
            {},
        ),
        Running(("nginx", "-c", "{file:edge/nginx.conf}"), "TLS", {}),
    ),
    {
        "listen 443 ssl": "listen 127.0.0.1:@TLS@ ssl",
        "listen 80;": "listen 127.0.0.1:@PLAIN@;",
        "http://api:8000": "http://127.0.0.1:@APP@",
        "events {}": "daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log; events {}",
        "http {\n    server {\n        listen 127.0.0.1:@TLS@": "http {\n    access_log off;\n"
        + "".join(
            f"    {kind}_temp_path {{folder}}/{kind};\n" for kind in ("proxy", "fastcgi", "uwsgi", "scgi")
        )
        + "    client_body_temp_path {folder}/body;\n    server {\n        listen 127.0.0.1:@TLS@",
    },
)

APACHE = Stack(
    "Apache and PHP, on one machine",
    {
        "batten.yaml": POLICY,
        "apache2/shop.conf": """ServerTokens Full
TraceEnable On
Listen @TLS@
Listen @PLAIN@
<VirtualHost *:@TLS@>
    ServerName localhost
    DocumentRoot /var/www/shop
    SSLEngine on
    SSLCertificateFile /etc/ssl/edge.pem
    SSLCertificateKeyFile /etc/ssl/edge.key
    SSLProtocol all -SSLv3
    SSLCipherSuite ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0
    <Directory /var/www/shop>
        Options Indexes
        Require all granted
    </Directory>
    Header set Access-Control-Allow-Origin "*"
    ProxyPass /v1/ http://127.0.0.1:@APP@/v1/
</VirtualHost>
<VirtualHost *:@PLAIN@>
    ServerName localhost
    ProxyPass /v1/ http://127.0.0.1:@APP@/v1/
</VirtualHost>
""",
        "apache2/wiki.conf": """<VirtualHost *:@OTHER@>
    ServerName wiki.example.com
    DocumentRoot /var/www/wiki
    SSLEngine on
    SSLCertificateFile /etc/ssl/edge.pem
    SSLCertificateKeyFile /etc/ssl/edge.key
    SSLProtocol all -SSLv3
</VirtualHost>
""",
        "www/v1/index.php": """<?php
session_start();
$_SESSION["a"] = 1;
header("Content-Type: application/json");
echo json_encode(["number" => (int) ($_GET["number"] ?? 1)]);
""",
    },
    (
        Running(("php", "-S", "127.0.0.1:@APP@", "-t", "{file:www}"), "APP", {}),
        Running(("apache2", "-DFOREGROUND", "-f", "{file:apache2/shop.conf}"), "TLS", {}),
    ),
    {
        "ServerTokens Full": "\n".join(
            f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so"
            for name in (
                "mpm_event",
                "authz_core",
                "ssl",
                "headers",
                "dir",
                "autoindex",
                "mime",
                "proxy",
                "proxy_http",
            )
        )
        + "\nServerRoot {folder}\nPidFile {folder}/apache.pid\nErrorLog {folder}/error.log\nMutex file:{folder}\n"
        "User www-data\nGroup www-data\nTypesConfig /etc/mime.types\nSSLSessionCache none\nServerName localhost\nServerTokens Full",
        "*:@": "127.0.0.1:@",
        "Listen @": "Listen 127.0.0.1:@",
        "/var/www/shop": "{public}",
    },
)

HAPROXY = Stack(
    "HAProxy and Express, with Compose",
    {
        "batten.yaml": POLICY,
        "compose.yaml": """services:
  balancer:
    image: haproxy:3.2
    ports: ["@TLS@:8443", "@PLAIN@:8080"]
    volumes: ["./haproxy/haproxy.cfg:/usr/local/etc/haproxy/haproxy.cfg:ro"]
  metrics:
    image: haproxy:3.2
    ports: ["127.0.0.1:@OTHER@:8404"]
    volumes: ["./metrics/haproxy.cfg:/usr/local/etc/haproxy/haproxy.cfg:ro"]
  shop:
    build: ./shop
""",
        "haproxy/haproxy.cfg": """defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
    timeout http-request 10s
frontend tls
    bind :8443 ssl crt /etc/ssl/both.pem ssl-min-ver TLSv1.1 ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0
    stats enable
    stats uri /haproxy?stats
    http-response set-header Access-Control-Allow-Origin *
    default_backend shop
frontend plain
    bind :8080
    default_backend shop
backend shop
    server shop shop:3000
""",
        "metrics/haproxy.cfg": """defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend metrics
    bind :8404 ssl crt /etc/ssl/both.pem ssl-min-ver TLSv1.1
    default_backend metrics
backend metrics
    server metrics exporter:9100
""",
        "shop/Dockerfile": 'FROM node:24-slim\nCOPY . /app\nUSER node\nCMD ["node", "/app/app.js", "3000"]\n',
        "shop/app.js": """const express = require("express");
const app = express();
app.get("/v1/items/:number", (request, response) => {
  if (isNaN(request.params.number)) throw new Error("no number");
  response.json({ number: Number(request.params.number) });
});
app.listen(Number(process.argv[2]), process.argv[3] || "0.0.0.0");
""",
    },
    (
        Running(
            ("node", "{file:shop/app.js}", "@APP@", "127.0.0.1"), "APP", {"NODE_PATH": "/usr/share/nodejs"}
        ),
        Running(("haproxy", "-db", "-f", "{file:haproxy/haproxy.cfg}"), "TLS", {}),
    ),
    {
        "bind :8443": "bind 127.0.0.1:@TLS@",
        "bind :8080": "bind 127.0.0.1:@PLAIN@",
        "shop shop:3000": "shop 127.0.0.1:@APP@",
    },
)
STACKS = (NGINX, APACHE, HAPROXY)


@contextmanager
def started(stack: Stack, folder: Path) -> Iterator[Path]:
    """The reviewed tree, while its services answer."""
    if stack is HAPROXY and not Path("/usr/share/nodejs/express").is_dir():
        without("node-express")
    tree, run = folder / "tree", folder / "run"
    run.mkdir()
    ports = {f"@{name}@": str(free_port()) for name in NAMES}
    anchor = authority()
    cert, key = write_pem(folder, certificate(anchor))
    (folder / "both.pem").write_text(cert.read_text() + key.read_text())
    for path, text in stack.files.items():
        _write(tree / path, _replaced(text, ports))
    write_anchor(tree, anchor)
    public = folder / "public"
    public.mkdir()
    (public / "a.txt").write_text("a")
    places = {
        "/etc/ssl/edge.pem": str(cert),
        "/etc/ssl/edge.key": str(key),
        "/etc/ssl/both.pem": f"{folder}/both.pem",
    }
    values = {"{folder}": str(run), "{public}": str(public), **places, **ports}
    for path, text in stack.files.items():
        _write(run / path, _replaced(_replaced(text, stack.laid), values))
    for one in (folder, *folder.rglob("*"), *list(folder.parents)[:3]):
        one.chmod(one.stat().st_mode | (0o055 if one.is_dir() else 0o044))
    with ExitStack() as servers:
        for server in stack.servers:
            command = [_replaced(word, ports) for word in server.command]
            command = [program(command[0]), *(_laid(word, run) for word in command[1:])]
            log = folder / server.port
            log.mkdir()
            servers.enter_context(
                running(command, int(ports[f"@{server.port}@"]), log, environment=server.environment)
            )
        yield tree


def _laid(word: str, run: Path) -> str:
    return str(run / word[6:-1]) if word.startswith("{file:") else word


def _replaced(text: str, values: Mapping[str, str]) -> str:
    for old, new in values.items():
        text = text.replace(old, new)
    return text


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
