"""Release cycles and the day their security support ended.

Sources: the vendors' own lifecycle pages, as endoflife.date collects them, in November 2026. A cycle
without a day was supported then, or its day is not certain; a product or cycle that is missing is
never flagged. A star marks the cycle to move to, where moving is a matter of building again; stores have
none, for their data must be moved along.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache

from batten.model.record import record

_ALIASES = {
    "node": "nodejs",
    "golang": "go",
    "httpd": "apache-http-server",
    "apache": "apache-http-server",
    "alpine": "alpine-linux",
    "postgres": "postgresql",
    "mongo": "mongodb",
    "rockylinux": "rocky-linux",
    "rocky": "rocky-linux",
    "temurin": "eclipse-temurin",
    "openjdk": "eclipse-temurin",
    "java": "eclipse-temurin",
}
_TABLE = """
python 2.7:2020-01-01 3.4:2019-03-18 3.5:2020-09-30 3.6:2021-12-23 3.7:2023-06-27 3.8:2024-10-07
python 3.9:2025-10-31 3.10:2026-10-31 3.11:2027-10-31 3.12:2028-10-31 3.13:2029-10-31* 3.14:2030-10-31
nodejs 6:2019-04-30 8:2019-12-31 9:2018-06-30 10:2021-04-30 11:2019-06-01 12:2022-04-30 13:2020-06-01
nodejs 14:2023-04-30 15:2021-06-01 16:2023-09-11 17:2022-06-01 18:2025-04-30 19:2023-06-01 20:2026-04-30
nodejs 21:2024-06-01 22:2027-04-30 23:2025-06-01 24:2028-04-30* 25:2026-06-01 26
php 5.6:2018-12-31 7.0:2019-01-10 7.1:2019-12-01 7.2:2020-11-30 7.3:2021-12-06 7.4:2022-11-28
php 8.0:2023-11-26 8.1:2025-12-31 8.2:2026-12-31 8.3:2027-12-31 8.4:2028-12-31* 8.5:2029-12-31
ruby 2.4:2020-04-05 2.5:2021-04-05 2.6:2022-04-12 2.7:2023-03-31 3.0:2024-04-23 3.1:2025-03-26
ruby 3.2:2026-03-31 3.3:2027-03-31 3.4:2028-03-31*
go 1.16:2022-03-15 1.17:2022-08-02 1.18:2023-02-01 1.19:2023-09-06 1.20:2024-02-06 1.21:2024-08-13
go 1.22:2025-02-11 1.23:2025-08-12 1.24:2026-02-11 1.25 1.26*
eclipse-temurin 8 11 16:2021-09-14 17 18:2022-09-20 19:2023-03-21 20:2023-09-19 21* 22:2024-09-17 23:2025-03-18
eclipse-temurin 25
nginx 1.14:2019-04-23 1.16:2020-04-21 1.18:2021-04-20 1.19:2021-05-25 1.20:2022-05-24 1.21:2022-06-21
nginx 1.22:2023-04-11 1.23:2023-05-23 1.24:2024-04-23 1.25:2024-05-29 1.26:2025-04-23 1.27:2025-06-24
nginx 1.28:2026-04-14 1.29:2026-05-13 1.30* 1.31
redis 3.2:2018-10-17 4.0:2020-04-30 5.0:2022-04-27 6.0:2023-08-15 6.2 7.0:2024-07-29 7.2 7.4 8.0
valkey 7.2 8.0 8.1 9.0
postgresql 9.4:2020-02-13 9.5:2021-02-11 9.6:2021-11-11 10:2022-11-10 11:2023-11-09 12:2024-11-21
postgresql 13:2025-11-13 14:2026-11-12 15:2027-11-11 16:2028-11-09 17:2029-11-08 18:2030-11-14
mysql 5.5:2018-12-31 5.6:2021-02-28 5.7:2023-10-31 8.0:2026-04-30 8.1:2023-10-25 8.2:2024-01-16
mysql 8.3:2024-04-30 8.4:2032-04-30
mariadb 5.5:2020-04-11 10.0:2019-03-31 10.1:2020-10-17 10.2:2022-05-23 10.3:2023-05-25 10.4:2024-06-18
mariadb 10.5:2025-06-24 10.6:2026-07-06 10.7:2023-02-09 10.8:2023-05-20 10.9:2023-08-22 10.10:2023-11-17
mariadb 10.11:2028-02-16 11.0:2024-06-06 11.1:2024-08-21 11.2:2024-11-21 11.4:2029-05-29 11.8
mongodb 3.6:2021-04-30 4.0:2022-04-30 4.2:2023-04-30 4.4:2024-02-29 5.0:2024-10-31 6.0:2025-07-31
mongodb 7.0:2027-08-31 8.0:2029-10-31
elasticsearch 5:2019-03-11 6:2022-02-10 7:2026-01-15 8 9
rabbitmq 3.7:2020-09-30 3.8:2022-07-31 3.9:2023-07-31 3.10 3.11 3.12 3.13 4.0 4.1 4.2
haproxy 2.1:2021-04-01 2.3:2022-04-01 2.5:2023-04-01 2.0:2024-04-01 2.7:2024-04-01 2.2:2025-04-01
haproxy 2.9:2025-04-01 2.4:2026-04-01 3.1:2026-04-01 2.6:2027-04-01 2.8:2028-04-01 3.0:2029-04-01* 3.2 3.3
apache-http-server 2.0:2013-07-10 2.2:2017-07-11 2.4*
traefik 1.7:2021-12-31 2.11:2026-02-01 3.0 3.1 3.2 3.3 3.4 3.5 3.6*
envoy 1.24:2023-10-19 1.25:2024-01-18 1.26:2024-04-18 1.27:2024-07-27 1.28:2024-10-19 1.29:2025-01-16
envoy 1.30:2025-04-16 1.31:2025-07-18 1.32:2025-10-15 1.33 1.34 1.35 1.36
debian 8:2020-06-30 9:2022-06-30 10:2024-06-30 11:2026-08-31 12:2028-06-30 13:2030-06-30*
ubuntu 14.04:2019-04-30 16.04:2021-04-30 18.04:2023-05-31 20.04:2025-05-31 21.10:2022-07-14 22.10:2023-07-20
ubuntu 23.04:2024-01-25 23.10:2024-07-11 24.10:2025-07-10 22.04:2027-04-30 24.04:2029-04-30*
alpine-linux 3.8:2020-05-01 3.9:2020-11-01 3.10:2021-05-01 3.11:2021-11-01 3.12:2022-05-01 3.13:2022-11-01
alpine-linux 3.14:2023-05-01 3.15:2023-11-01 3.16:2024-05-23 3.17:2024-11-22 3.18:2025-05-09 3.19:2025-11-01
alpine-linux 3.20:2026-04-01 3.21:2026-11-01 3.22:2027-05-01* 3.23
centos 6:2020-11-30 7:2024-06-30 8:2021-12-31
rocky-linux 8:2029-05-31 9:2032-05-31*
django 1.11:2020-04-01 2.2:2022-04-11 3.0:2021-04-06 3.1:2021-12-07 3.2:2024-04-01 4.0:2023-04-01
django 4.1:2023-12-01 4.2:2026-04-30 5.0:2025-04-02 5.1:2025-12-31 5.2:2028-04-30 6.0
spring-boot 2.5:2023-02-24 2.6:2022-11-24 2.7:2023-11-24 3.0:2023-12-31 3.1:2024-06-30 3.2:2024-12-31
spring-boot 3.3:2025-06-30 3.4:2025-12-31 3.5:2026-06-30 4.0
kubernetes 1.22:2022-10-28 1.23:2023-02-28 1.24:2023-07-28 1.25:2023-10-28 1.26:2024-02-28 1.27:2024-06-28
kubernetes 1.28:2024-10-28 1.29:2025-02-28 1.30:2025-06-28 1.31:2025-10-28 1.32:2026-02-28 1.33 1.34 1.35 1.36
dotnet 2.1:2021-08-21 3.1:2022-12-13 5:2022-05-10 6:2024-11-12 7:2024-05-14 8:2026-11-10 9:2026-11-10
dotnet 10:2028-11-14*
rds-postgresql 9.4:2020-02-15 9.5:2021-02-16 9.6:2022-04-26 10:2023-04-17
rds-mysql 5.5:2021-05-25 5.6:2022-03-01
rds-mariadb 10.2:2022-10-15 10.3:2023-10-23
eks 1.23:2024-10-11 1.24:2025-01-31 1.25:2025-05-01 1.26:2025-06-11 1.27:2025-07-24 1.28:2025-11-26
eks 1.29:2026-03-23 1.30:2026-07-23 1.31:2026-11-26
lambda-nodejs 4.3:2020-03-05 6.10:2019-08-12 8.10:2020-03-06 10:2021-07-30 12:2023-03-31 14:2023-12-04
lambda-nodejs 16:2024-06-12 18:2025-09-01 20:2026-04-30 22:2027-04-30*
lambda-python 2.7:2021-07-15 3.6:2022-07-18 3.7:2023-12-04 3.8:2024-10-14 3.9:2025-12-15 3.13:2029-06-30*
lambda-ruby 2.5:2021-07-30 2.7:2023-12-07
lambda-dotnetcore 2.1:2022-01-05 3.1:2023-04-03
lambda-dotnet 6:2024-12-20
lambda-go 1:2024-01-08
"""
_NUMBERS = re.compile(r"\d+(?:\.\d+)*")


@record
class Ended:
    cycle: str
    day: date


@cache
def _cycles() -> dict[str, dict[str, date | None]]:
    return {p: {c: _day(d) for c, d in cycles.items()} for p, cycles in _written().items()}


def _day(written: str) -> date | None:
    return date.fromisoformat(written.rstrip("*")) if written.rstrip("*") else None


@cache
def _written() -> dict[str, dict[str, str]]:
    """Product -> cycle -> its day as the table has it, the star kept."""
    found: dict[str, dict[str, str]] = {}
    for line in _TABLE.split("\n"):
        product, *cycles = line.split() or [""]
        for cycle in cycles:
            name, _, day = cycle.partition(":")
            found.setdefault(product, {})[name.rstrip("*")] = day or name[len(name.rstrip("*")) :]
    return found


def successor(product: str) -> str:
    """The cycle to move to; "" where that is not for a tool to say."""
    cycles = _written().get(_ALIASES.get(product, product), {})
    return next((cycle for cycle, day in cycles.items() if day.endswith("*")), "")


def end_of_life(product: str, version: str) -> Ended | None:
    """The cycle a version belongs to and its last day; None when that is not certain.

    A version that names a whole line ("7" of a product with 7.0, 7.2 …) is as old as the newest of it.
    """
    cycles = _cycles().get(_ALIASES.get(product, product), {})
    found = _NUMBERS.match(version.removeprefix("v"))
    if found is None:
        return None
    numbers = found[0].split(".")
    for length in range(len(numbers), 0, -1):
        cycle = ".".join(numbers[:length])
        if cycle in cycles:
            day = cycles[cycle]
            return Ended(cycle, day) if day else None
    line = {c: d for c, d in cycles.items() if c.startswith(f"{found[0]}.")}
    days = [d for d in line.values() if d is not None]
    if not line or len(days) < len(line) or len(numbers) > 1:
        return None
    return Ended(found[0], max(days))
