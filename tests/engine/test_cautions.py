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


CASES = {
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
