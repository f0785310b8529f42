"""Images of programs in every language, with every installer."""

from __future__ import annotations

from typing import Any

from deployments import DIGEST, POLICY, contract

from batten.engine.hardening.asked import Asked, intent_of
from batten.harden.intent import Intent
from batten.harden.program import Program

PYTHON, NODE = f"python:3.13.9-slim-trixie{DIGEST}", f"node:24.11.1-trixie-slim{DIGEST}"
UVICORN = "uvicorn app.main:app --host 0.0.0.0 --port $PORT --no-server-header"


def intent(images: dict[str, str], health: str = "/health", **program: Any) -> Intent:
    words = Asked(target="image", images=images, health=health, project="shop", program=Program(**program))
    return intent_of(words, contract(), POLICY)


def _java(build: str, **program: Any) -> Intent:
    images = {"base": f"eclipse-temurin:21.0.9_10-jre{DIGEST}", "build": f"{build}{DIGEST}"}
    return intent(images, language="java", **program)


IMAGES = {
    "pip": intent({"base": PYTHON}, language="python", start=UVICORN),
    "pip, private": intent({"base": PYTHON}, "", language="python", start=UVICORN, private=True, apart=True),
    "uv": intent({"base": PYTHON, "build": f"ghcr.io/astral-sh/uv:0.9.11-python3.13-trixie-slim{DIGEST}"}, language="python",
                 lock_file="uv.lock", start="gunicorn app:app"),
    "poetry": intent({"base": PYTHON, "build": f"registry.example.com/poetry:2.2.1{DIGEST}"}, language="python",
                     lock_file="poetry.lock", start="hypercorn app:app --bind 0.0.0.0:8000", private=True),
    "npm": intent({"base": NODE}, language="node", start="node server.js"),
    "npm, compiled": intent({"base": f"gcr.io/distroless/nodejs24-debian12:nonroot{DIGEST}", "build": NODE}, "", language="node",
                            start="node dist/main.js", compiled=True, installing=("@scope/argon2", "sharp"), private=True,
                            include=("src", "tsconfig.json"), let_in=("certs/ca.pem", "migrations/*.sql")),
    "pnpm": intent({"base": NODE}, language="node", lock_file="pnpm-lock.yaml", start="node server.js"),
    "yarn": intent({"base": NODE}, language="node", lock_file="yarn.lock", start="node server.js", installing=("sharp",)),
    "go": intent({"base": f"gcr.io/distroless/static-debian12:nonroot{DIGEST}", "build": f"golang:1.25.4-trixie{DIGEST}"},
                 language="go", start="./cmd/server --verbose", private=True),
    "go without dependencies": intent({"base": f"gcr.io/distroless/static-debian12:nonroot{DIGEST}", "build": f"golang:1.25.4-trixie{DIGEST}"},
                                      "", language="go", lock_file="go.mod", start="."),
    "maven": _java("maven:3.9.11-eclipse-temurin-21", start="java -jar target/shop-1.0.jar", private=True),
    "gradle": _java("gradle:9.2.1-jdk21", lock_file="build.gradle.kts", start="java -Xmx1g -jar build/libs/shop-1.0.jar", health=""),
}  # fmt: skip
