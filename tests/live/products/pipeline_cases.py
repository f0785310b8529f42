"""Engines of workflows, builds and clusters, by the servers that their vendors ship."""

from __future__ import annotations

from product_cases import PASSWORD, Case, Start, after, starting

PREFECT = {
    "PREFECT_HOME": "{folder}/prefect",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_API_URL": "/api",
}
ASSETS = "import dagster\n\n@dagster.asset\ndef orders():\n    return 1\n\ndefs = dagster.Definitions(assets=[orders])\n"


def _prefect(**more: str) -> Start:
    where = ("--host", "127.0.0.1", "--port", "{port}")
    return starting("prefect", "prefect", "server", "start", *where, environment=PREFECT | more)


def _ara(**login: str) -> Start:
    serve = starting("ara", "ara-manage", "runserver", "--noreload", "127.0.0.1:{port}", environment=login)
    return after(("ara", "ara-manage", "migrate"), serve)


CASES = (
    Case(
        product="Prefect server",
        opened=_prefect(),
        locked=_prefect(PREFECT_SERVER_API_AUTH_STRING=f"admin:{PASSWORD}"),
    ),
    Case(
        product="Dagster",
        opened=starting(
            "dagster-webserver",
            "dagster-webserver",
            *("-h", "127.0.0.1", "-p", "{port}", "-f", "assets.py"),
            files={"assets.py": ASSETS},
            environment={"DAGSTER_DISABLE_TELEMETRY": "1"},
        ),
    ),
    Case(
        product="ARA Records Ansible",
        opened=_ara(),
        locked=_ara(ARA_READ_LOGIN_REQUIRED="true", ARA_WRITE_LOGIN_REQUIRED="true"),
    ),
)
