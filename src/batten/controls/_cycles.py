"""Release cycles and the day their security support ended.

`cycles.json` is data, dated: `python tools/cycles.py` brings it up to date from endoflife.date, which collects the
vendors' own lifecycle pages; AWS Lambda's rows come from its documentation of runtimes, those of Aurora MySQL from
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraMySQLReleaseNotes/AuroraMySQL.release-calendars.html. What endoflife.date
lacks of Amazon's search, brokers and Kafka is from https://docs.aws.amazon.com/opensearch-service/latest/developerguide/what-is.html,
https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/rabbitmq-version-management.html and
https://docs.aws.amazon.com/msk/latest/developerguide/supported-kafka-versions.html.
Traefik's early minors are from https://doc.traefik.io/traefik/deprecation/releases/, Prometheus from
https://prometheus.io/docs/introduction/release-cycle/ (a line without a row of its own ended with its last long-term release at the
latest), Grafana from https://grafana.com/docs/grafana/latest/upgrade-guide/when-to-upgrade/ (months there; older lines ended with 9.5
at the latest), Kibana from https://www.elastic.co/support/eol, which ends it with Elasticsearch. ClickHouse supports its three newest lines, and two of
each year for a year: https://clickhouse.com/docs/knowledgebase/production; its lines before 25.1 are by that and the days of
https://github.com/ClickHouse/ClickHouse/blob/master/utils/list-versions/version_date.tsv. Keycloak repairs its newest line only:
https://github.com/keycloak/keycloak/security/policy.
A cycle without a day was supported when the data were collected, or its day is not certain; a product or cycle that is
missing is never flagged.
`standard` has the days on which fixes became part of a support that is paid for, until the day in `cycles`.
`move_to` is the cycle to move to, where moving is a matter of building again; stores have none, for their data must be
moved along.
"""

from __future__ import annotations

import json
import re
from datetime import date
from functools import cache
from typing import NotRequired, TypedDict, cast

from batten.files.own import own_text
from batten.model.record import record

_NUMBERS = re.compile(r"\d+(?:\.\d+)*")


@record
class Ended:
    cycle: str
    day: date


class _Product(TypedDict):
    """`cycles`: cycle -> ISO day, or None; `standard`: the same of support that is not paid for; `source`: its name at
    endoflife.date."""

    cycles: dict[str, str | None]
    standard: NotRequired[dict[str, str]]
    move_to: NotRequired[str]
    aliases: NotRequired[list[str]]
    source: NotRequired[str]


class _Data(TypedDict):
    collected: str
    products: dict[str, _Product]


@cache
def _data() -> _Data:
    return cast(_Data, json.loads(own_text("controls/cycles.json") or "{}"))


@cache
def _products() -> dict[str, _Product]:
    products = _data()["products"]
    return products | {alias: row for row in products.values() for alias in row.get("aliases", ())}


def collected() -> date:
    """The day on which the data were collected."""
    return date.fromisoformat(_data()["collected"])


# Majors between others that were never released: https://www.php.net/releases/ (6), https://dev.mysql.com/doc/relnotes/mysql/
# (6 and 7), https://mariadb.org/mariadb/all-releases/ (6 to 9).
_SKIPPED = {"php": (6,), "mysql": (6, 7), "mariadb": (6, 7, 8, 9)}
_AHEAD = 5  # majors past the newest one known: no product gets there before the data are renewed


def unreleased(product: str, version: str) -> bool:
    """Whether no release of a known product ever had the version, as far as that is certain."""
    found = _NUMBERS.match(version)
    majors = [int(number[0]) for cycle in _cycles(product) if (number := re.match(r"\d+", cycle))]
    if found is None or not majors or not found[0].partition(".")[0].isdigit():
        return False
    major = int(found[0].partition(".")[0][:9])
    return major in _SKIPPED.get(product, ()) or major > max(majors) + _AHEAD


def successor(product: str, today: date) -> str:
    """The cycle to move to; "" where that is not for a tool to say, or has ended, too: newer ones are not in these data."""
    cycle = _products()[product].get("move_to", "") if product in _products() else ""
    ended = end_of_life(product, cycle)
    return cycle if ended is None or ended.day > today else ""


def _cycles(product: str) -> dict[str, date | None]:
    written = _products()[product]["cycles"] if product in _products() else {}
    return {cycle: date.fromisoformat(day) if day else None for cycle, day in written.items()}


def end_of_life(product: str, version: str) -> Ended | None:
    """The cycle a version belongs to and its last day; None when that is not certain.

    A version that names a whole line ("7" of a product with 7.0, 7.2 …) is as old as the newest of it.
    """
    return _ended(_cycles(product), version)


def end_of_standard(product: str, version: str) -> Ended | None:
    """The last day on which fixes of a version's cycle came without being paid for; None where no support is, or unknown."""
    written = _products()[product].get("standard", {}) if product in _products() else {}
    return (
        _ended(_cycles(product) | {c: date.fromisoformat(day) for c, day in written.items()}, version)
        if written
        else None
    )


def _ended(cycles: dict[str, date | None], version: str) -> Ended | None:
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
