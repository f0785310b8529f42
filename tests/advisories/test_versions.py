"""Versions are ordered as each ecosystem's own tool orders them: over 300 pairs, which the tools are asked about again where they run."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.version import Version

from batten.advisories.versions import LONGEST, Incomparable, known, order
from needs import needs, program, without
from osv import NEEDED
from proofs import PROOF

pytestmark = NEEDED

Pair = tuple[str, str]
SIGNS = {"<": -1, "=": 0, ">": 1}
LINES = [
    re.fullmatch(r"(?P<ecosystem>.+) (?P<one>\S+) (?P<sign>[<=>]) (?P<other>\S+)", line)
    for line in Path(__file__).with_name("versions.txt").read_text().splitlines()
    if line and not line.startswith("#")
]
PAIRS = [(m["ecosystem"], (m["one"], m["other"]), SIGNS[m["sign"]]) for m in LINES if m is not None]
_MAVEN = "/usr/share/java/maven-artifact-3.x.jar"
_COMPOSER = re.compile(
    r"v?(\d+)(\.\d+)?(\.\d+)?(\.\d+)?[._-]?(?:(stable|beta|b|rc|alpha|a|patch|pl|p)([.-]?\d+)?)?([.-]?dev)?(?:\+.*)?",
    re.IGNORECASE,
)


def of(*ecosystems: str) -> list[tuple[Pair, int]]:
    return [(pair, sign) for name, pair, sign in PAIRS if name in ecosystems]


def test_there_are_pairs_of_every_ecosystem() -> None:
    assert len(PAIRS) == len(LINES) >= 400
    counts = Counter(name for name, _, _ in PAIRS)
    assert all(known(name) for name in counts) and len(counts) >= 15
    assert min(count for name, count in counts.items() if name in ("PyPI", "npm", "Debian", "Maven")) >= 50


def test_versions_are_ordered_as_the_ecosystem_does() -> None:
    wrong = [(name, pair, sign) for name, pair, sign in PAIRS if order(name, *pair) != sign]
    assert wrong == []
    assert [p for p in PAIRS if order(p[0], p[1][1], p[1][0]) != -p[2]] == []


def by_packaging(pairs: list[Pair]) -> list[int]:
    return [(Version(a) > Version(b)) - (Version(a) < Version(b)) for a, b in pairs]


def by_npm(pairs: list[Pair]) -> list[int]:
    modules = subprocess.run(
        [program("npm"), "root", "-g"], capture_output=True, text=True, check=True
    ).stdout.strip()
    module = f"{modules}/npm/node_modules/semver"
    if not Path(module).is_dir():
        without("npm's semver")
    script = f"const s=require({json.dumps(module)});console.log(JSON.stringify(JSON.parse(process.argv[1]).map(([a,b])=>s.compare(a,b))))"
    done = subprocess.run(
        [program("node"), "-e", script, json.dumps(pairs)], capture_output=True, text=True, check=True
    )
    return [int(n) for n in json.loads(done.stdout)]


def by_dpkg(pairs: list[Pair]) -> list[int]:
    def asked(one: str, other: str) -> int:
        for sign, word in ((-1, "lt"), (1, "gt")):
            if not subprocess.run([dpkg, "--compare-versions", one, word, other], check=False).returncode:
                return sign
        return 0

    dpkg = program("dpkg")
    return [asked(*pair) for pair in pairs]


def by_maven(pairs: list[Pair]) -> list[int]:
    command = [program("java"), "-cp", f"{_MAVEN}:/usr/share/java/commons-lang3.jar"]
    command += [
        "org.apache.maven.artifact.versioning.ComparableVersion",
        *(v for pair in pairs for v in pair),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    signs = re.findall(r"^\s+\S+ (<|==|>) \S+$", done.stdout, re.MULTILINE)
    assert len(signs) == 2 * len(pairs) - 1  # it compares each with the one before
    return [SIGNS[sign[0]] for sign in signs[::2]]


def by_php(pairs: list[Pair]) -> list[int]:
    """By version_compare, of what Composer makes of a version: four numbers and the stability's whole name."""
    script = "echo json_encode(array_map(fn($p) => version_compare($p[0], $p[1]), json_decode($argv[1])));"
    given = json.dumps([[normalised(a), normalised(b)] for a, b in pairs])
    done = subprocess.run(
        [program("php"), "-r", script, "--", given], capture_output=True, text=True, check=True
    )
    return [int(n) for n in json.loads(done.stdout)]


def normalised(version: str) -> str:
    found = _COMPOSER.fullmatch(version)
    assert found is not None, version
    numbers = found[1] + "".join(part or ".0" for part in found.group(2, 3, 4))
    word = (found[5] or "").lower()
    word = {"b": "beta", "a": "alpha", "p": "patch", "pl": "patch", "rc": "RC", "stable": ""}.get(word, word)
    times = (found[6] or "").lstrip(".-") if word else ""
    return numbers + (f"-{word}{times}" if word else "") + ("-dev" if found[7] else "")


@pytest.mark.parametrize(
    ("ecosystems", "tool"),
    [
        (("PyPI",), by_packaging),
        (("npm", "crates.io", "Go"), by_npm),
        (("Debian",), by_dpkg),
        *([pytest.param(("Maven",), by_maven, marks=needs("maven", Path(_MAVEN).exists()))] if PROOF else []),
        (("Packagist",), by_php),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_the_tools_say_so_themselves(
    ecosystems: tuple[str, ...], tool: Callable[[list[Pair]], list[int]]
) -> None:
    expected = of(*ecosystems)
    told = tool([pair for pair, _ in expected])
    assert [(pair, sign) for (pair, sign), said in zip(expected, told, strict=True) if sign != said] == []


@pytest.mark.parametrize(
    ("ecosystem", "version"),
    [
        ("PyPI", "2004d"),
        ("npm", "1.2.3.4"),
        ("npm", "latest"),
        ("Packagist", "dev-main"),
        ("Debian:12", "1.0 or later"),
        ("Alpine:v3.20", "1.0-"),
        ("Go", ""),
        ("npm", "1" * (LONGEST + 1)),
        ("npm", "1.0.0-ä"),
        ("Hackage", "1.0"),
        ("", "1.0"),
    ],
)
def test_what_has_no_order_is_said_to_have_none(ecosystem: str, version: str) -> None:
    with pytest.raises(Incomparable):
        order(ecosystem, version, "1.0.0")
    with pytest.raises(Incomparable):
        order(ecosystem, "1.0.0", version)
