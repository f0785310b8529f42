"""Engines of workflows, builds and clusters: whoever opens one starts runs, and sees what ran before."""

from __future__ import annotations

from batten.facts import Holds
from batten.live.products.product import Product, Read, keys, named, titled

_GRAPHQL = (("Content-Type", "application/json"),)

PRODUCTS = (
    Product(
        name="Prefect server",
        sign=titled(r"Prefect Server|Prefect Orion"),
        reads=(Read("/api/admin/settings", keys("home", "profiles_path")), Read("/api/admin/settings", keys("PREFECT_HOME"))),
        gains="see, change and start every flow run, and read blocks and variables with their credentials",
        close="Set `server.api.auth_string` (`PREFECT_SERVER_API_AUTH_STRING`), and bind it with `--host 127.0.0.1`.",
        source="https://docs.prefect.io/v3/advanced/security-settings",
        version=r'\A(?:[^\n]*\n)*"(\d[\w.]+)"\s*\Z',
        tells="/api/admin/version",
    ),
    Product(
        name="Dagster",
        sign=named(r"Dagster|Dagit"),
        reads=(Read("/graphql", keys("data.instance.info"), method="POST", headers=_GRAPHQL, body=b'{"query":"{ instance { info } version }"}'),),
        gains="start, stop and delete runs, and see their configuration and logs",
        close="Its web server has no login: bind it with `--host 127.0.0.1`, or put a proxy with a login in front; `--read-only` turns the actions off.",
        source="https://docs.dagster.io/guides/operate/webserver",
        version=r'"(?:dagster_version|version)":\s*"(\d[\w.]+)"',
    ),
    Product(
        name="ARA Records Ansible",
        sign=titled(r"ara\s*\|"),
        reads=(Read("/api/v1/hosts", keys("count", "results")),),
        gains="see every playbook with its hosts, arguments and results, and record and delete them",
        close="Set `READ_LOGIN_REQUIRED` and `WRITE_LOGIN_REQUIRED` (`ARA_READ_LOGIN_REQUIRED`, `ARA_WRITE_LOGIN_REQUIRED`) to true.",
        source="https://ara.readthedocs.io/en/latest/api-security.html",
        holds=Holds.INSIGHT,
        version=r'"version":\s*"(\d[\w.]+)"',
        tells="/api/",
    ),
    Product(
        name="Buildbot",
        sign=titled(r"[^<]*Buildbot|Buildbot"),
        reads=(Read("/api/v2/masters", keys("masters", "meta.total")),),
        gains="see every build with its logs and, unless `authz` forbids it, start and stop builds",
        close="Set `auth` and `authz` in `c['www']`: without them every client may do everything.",
        source="https://docs.buildbot.net/4.3.0/manual/configuration/www.html",
    ),
    Product(
        name="Airflow",
        sign=titled(r"Airflow\s*<|DAGs - Airflow|Sign In - Airflow"),
        reads=(Read("/api/v2/dags", keys("dags", "total_entries")), Read("/api/v1/dags", keys("dags", "total_entries"))),
        gains="see, trigger and clear DAGs, which run code, and read variables and connections",
        close="Unset `core.simple_auth_manager_all_admins`, or `AUTH_ROLE_PUBLIC` of `webserver_config.py`.",
        source="https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/auth-manager/simple/index.html",
        version=r'"version":\s*"(\d[\w.]+)"',
        tells="/api/v2/version",
    ),
)  # fmt: skip
