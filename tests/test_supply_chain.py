"""What batten is made of: pins with hashes, licences that suit it, and the bill of materials in its wheel."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from needs import PACKAGES, needs

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "tools"))  # behind tests/watch, which has a watch_api, too

from licences import allowed, complaints  # noqa: E402
from pinned import PLACE, read  # noqa: E402
from sbom import NAME, sbom  # noqa: E402

PINS = read(PLACE.read_text("utf-8"))
TEXT = PLACE.read_text("utf-8")

# What the CycloneDX 1.6 documentation requires of a bill and of the parts that ours has; nothing else is allowed here.
_LICENCES = {
    "type": "array",
    "minItems": 1,
    "items": {
        "oneOf": [
            {
                "type": "object",
                "required": ["license"],
                "additionalProperties": False,
                "properties": {
                    "license": {
                        "type": "object",
                        "required": ["id"],
                        "properties": {"id": {"type": "string"}},
                    }
                },
            },
            {
                "type": "object",
                "required": ["expression"],
                "additionalProperties": False,
                "properties": {"expression": {"type": "string", "minLength": 1}},
            },
        ]
    },
}
_COMPONENT = {
    "type": "object",
    "required": ["type", "name", "bom-ref", "version", "purl", "licenses"],
    "additionalProperties": False,
    "properties": {
        "type": {"enum": ["application", "framework", "library"]},
        "bom-ref": {"type": "string", "minLength": 1},
        "name": {"type": "string", "minLength": 1},
        "version": {"type": "string", "minLength": 1, "maxLength": 1024},
        "purl": {"type": "string", "pattern": r"^pkg:pypi/[a-z0-9]+(-[a-z0-9]+)*@[^@/?#]+$"},
        "scope": {"enum": ["required", "optional", "excluded"]},
        "licenses": _LICENCES,
        "hashes": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["alg", "content"],
                "additionalProperties": False,
                "properties": {
                    "alg": {"enum": ["SHA-256", "SHA-384", "SHA-512"]},
                    "content": {
                        "type": "string",
                        "pattern": r"^([a-fA-F0-9]{64}|[a-fA-F0-9]{96}|[a-fA-F0-9]{128})$",
                    },
                },
            },
        },
        "properties": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string"}, "value": {"type": "string"}},
            },
        },
    },
}
SCHEMA = {
    "type": "object",
    "required": ["bomFormat", "specVersion"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"enum": ["http://cyclonedx.org/schema/bom-1.6.schema.json"]},
        "bomFormat": {"const": "CycloneDX"},
        "specVersion": {"const": "1.6"},
        "serialNumber": {"type": "string", "pattern": r"^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"},
        "version": {"type": "integer", "minimum": 1},
        "metadata": {
            "type": "object",
            "required": ["component"],
            "additionalProperties": False,
            "properties": {"timestamp": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$"}, "component": _COMPONENT},
        },
        "components": {"type": "array", "uniqueItems": True, "minItems": 10, "items": _COMPONENT},
        "dependencies": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["ref"],
                "additionalProperties": False,
                "properties": {"ref": {"type": "string"}, "dependsOn": {"type": "array", "uniqueItems": True, "items": {"type": "string"}}},
            },
        },
    },
}  # fmt: skip


def _normal(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement)[0]).lower()


def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]  # type: ignore[no-any-return]


def test_every_pin_has_hashes_and_no_address_stands_there() -> None:
    assert len(PINS) > 100
    assert [p.name for p in PINS if not p.hashes] == []
    assert len({p.normal for p in PINS}) == len(PINS)
    assert "://" not in TEXT
    assert not re.search(r"(?m)^\s*-{1,2}(?!hash=)\w", TEXT)  # no option that would tell pip another index


def test_whatever_the_project_asks_for_is_pinned() -> None:
    project = _project()
    asked = {*project["dependencies"], *(r for e in project["optional-dependencies"].values() for r in e)}
    assert {_normal(r) for r in asked} - {p.normal for p in PINS} == {"batten"}


def _imported() -> set[str]:
    """The distributions that src imports; a module that no distribution brings is named itself."""
    provided = packages_distributions()
    found: set[str] = set()
    for file in (ROOT / "src").rglob("*.py"):
        for name in _modules(ast.parse(file.read_text("utf-8"))):
            top = name.partition(".")[0]
            if top not in sys.stdlib_module_names and top != "batten":
                found |= {_normal(distribution) for distribution in provided.get(top, [top])}
    return found


def _modules(tree: ast.Module) -> Iterator[str]:
    """What `import`, `from` and `import_module` name."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(name), level=0):
                yield name
            case ast.Call(func=ast.Name(id="import_module"), args=[ast.Constant(value=str(name)), *_]):
                yield name


# What is needed and imported by a dependency, not by batten.
_LOADED_BY_OTHERS = {"python-multipart": "Starlette reads forms with it"}


def test_each_dependency_is_imported_and_each_import_is_a_dependency() -> None:
    project = _project()
    optional = project["optional-dependencies"]
    required = {_normal(r) for r in project["dependencies"]}
    extras = ("advisories", "guard", "extproc", "watch", "fleet", "alerts")
    offered = {_normal(r) for extra in extras for r in optional[extra]} - {"batten", *_LOADED_BY_OTHERS}
    assert _imported() == required | offered


@pytest.mark.parametrize("part", ["watch", "example", "dev", "proof"])
def test_each_part_that_is_installed_cuts_the_file_where_a_part_begins(part: str) -> None:
    script = (ROOT / "tools" / "install.sh").read_text("utf-8")
    (after,) = re.findall(rf"(?m)^{part}\) after='\^# == (\w+)'", script)
    parts = list(dict.fromkeys(p.part for p in PINS))
    assert parts == ["run", "build", "watch", "example", "fleet", "extras", "development", "proof"]
    assert after == {"watch": "example", "example": "fleet", "dev": "proof", "proof": "nothing"}[part]


@pytest.mark.parametrize("right", [True, False])
def test_pip_refuses_a_file_with_another_hash(right: bool, tmp_path: Path) -> None:
    wheel = tmp_path / "thing-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("thing.py", "")
        archive.writestr("thing-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: thing\nVersion: 1\n")
        archive.writestr(
            "thing-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("thing-1.dist-info/RECORD", "")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest() if right else "0" * 64
    (tmp_path / "pins.txt").write_text(f"# licence: MIT\nthing==1 \\\n    --hash=sha256:{digest}\n")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--find-links", str(tmp_path)]
    command += [
        "--target",
        str(tmp_path / "made"),
        "--require-hashes",
        "--requirement",
        str(tmp_path / "pins.txt"),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode == 0) is right, done.stderr
    assert (tmp_path / "made" / "thing.py").exists() is right
    assert right or "DO NOT MATCH THE HASHES" in done.stderr


def test_pins_are_read_with_marker_part_licence_and_hashes() -> None:
    text = f"# == run\n# licence: MIT\nA.b==1.0 ; x == 'y' \\\n    --hash=sha256:{'a' * 64} \\\n    --hash=sha256:{'b' * 64}\nc==2\n"
    first, second = read(text)
    assert (first.normal, first.version, first.marker, first.part, first.licence) == (
        "a-b",
        "1.0",
        "x == 'y'",
        "run",
        "MIT",
    )
    assert first.hashes == ("a" * 64, "b" * 64)
    assert (second.name, second.licence, second.hashes) == ("c", "", ())


@pytest.mark.parametrize(
    ("expression", "suits"),
    [
        ("MIT", True),
        ("Apache-2.0 OR BSD-3-Clause", True),
        ("GPL-3.0-only OR MIT", True),
        ("MIT AND GPL-3.0-only", False),
        ("(MIT OR GPL-2.0-only) AND ISC", True),
        ("MIT AND (GPL-2.0-only AND ISC)", False),
        ("GPL-2.0-only WITH Classpath-exception-2.0", False),
        ("LGPL-3.0-or-later", True),
        ("LGPL-2.1-or-later", False),
        ("AGPL-3.0-only", False),
        ("MPL-2.0", True),
        ("LGPL-3.0-only", True),
        ("", False),
        ("MIT OR", False),
        ("(MIT", False),
        ("MIT) OR (", False),
    ],
)  # fmt: skip
def test_a_licence_suits_when_it_can_be_met(expression: str, suits: bool) -> None:
    assert allowed(expression) is suits


def test_what_is_unknown_copyleft_or_otherwise_pinned_is_told() -> None:
    installed = {"a": ("1", ""), "b": ("1", "GPL-3.0-only"), "c": ("2", "MIT"), "d": ("1", "MIT")}
    pinned = {
        "a": ("1", ""),
        "b": ("1", "GPL-3.0-only"),
        "c": ("1", "MIT"),
        "d": ("1", "MIT"),
        "e": ("1", "MIT"),
    }
    found = complaints(installed, pinned)
    assert [f.split(" ")[0].rstrip(":") for f in found] == ["a", "b", "c", "e"]


def test_the_licences_of_what_is_installed_suit() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "licences.py"), "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def _bill() -> dict[str, Any]:
    direct = [_normal(r) for r in _project()["dependencies"]]
    return json.loads(sbom(PINS, "1.0", direct))  # type: ignore[no-any-return]


def test_the_bill_is_what_cyclonedx_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    bill = _bill()
    jsonschema_rs.validate(SCHEMA, bill)
    references = [c["bom-ref"] for c in bill["components"]]
    assert len(set(references)) == len(references)
    names = [c["purl"].partition("@")[0] for c in bill["components"]]
    assert names == sorted(names)
    (root,) = bill["dependencies"]
    assert root["ref"] == bill["metadata"]["component"]["bom-ref"]
    assert set(root["dependsOn"]) <= set(references)
    assert len(root["dependsOn"]) == len(_project()["dependencies"])


def test_the_bill_holds_the_pins_and_what_they_are() -> None:
    known = {c["name"]: c for c in _bill()["components"]}
    assert {_normal(r) for r in _project()["dependencies"]} <= {_normal(n) for n in known}
    assert known["h11"]["scope"] == "required"
    assert known["uvloop"]["scope"] == "optional"
    assert "pytest" not in known
    assert known["cryptography"]["licenses"] == [{"expression": "Apache-2.0 OR BSD-3-Clause"}]
    pin = next(p for p in PINS if p.name == "h11")
    assert [h["content"] for h in known["h11"]["hashes"]] == list(pin.hashes)


def test_the_bill_tells_no_time_but_the_one_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert _bill() == _bill()
    assert "timestamp" not in _bill()["metadata"]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert _bill()["metadata"]["timestamp"] == "1970-01-01T00:00:00+00:00"
    jsonschema_rs.validate(SCHEMA, _bill())


@needs("hatchling", find_spec("hatchling"), PACKAGES)
def test_a_wheel_and_one_made_of_the_source_archive_hold_the_same_bill(tmp_path: Path) -> None:
    copy = tmp_path / "tree"
    for name in ("src", "docs", "examples", "tools"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (
        "pyproject.toml",
        "hatch_build.py",
        "constraints.txt",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
    ):
        shutil.copy(ROOT / name, copy / name)
    (copy / "tests").mkdir()
    _build(copy, "wheel", tmp_path / "one")
    _build(copy, "sdist", tmp_path / "archive")
    (archive,) = (tmp_path / "archive").glob("*.tar.gz")
    shutil.unpack_archive(archive, tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    _build(unpacked, "wheel", tmp_path / "two")
    first, second = _held(tmp_path / "one"), _held(tmp_path / "two")
    assert first == second
    jsonschema_rs.validate(SCHEMA, json.loads(first))
    assert not list((tmp_path / "temporary").iterdir())


def _build(tree: Path, target: str, into: Path) -> None:
    temporary = into.parent / "temporary"
    temporary.mkdir(exist_ok=True)
    path = ":".join(p for p in sys.path if p)
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": path, "TMPDIR": str(temporary)}
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(into)]
    subprocess.run(command, cwd=tree, env=environment, check=True, capture_output=True)


def _held(folder: Path) -> bytes:
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [n for n in archive.namelist() if n.endswith(f".dist-info/sboms/{NAME}")]
        return archive.read(name)


# tools/servers.sh on a machine that is played: what it changes there, it takes away.

_PROGRAMS = {
    "id": "echo 0",
    "dpkg": "exit 1",
    "npm": "exit 0",
    "apt-get": 'cat "$POLICY" >>"$SEEN"; [ "$1" != install ] || eval "$INSTALL"',
    "sh": 'case "$1" in tools/*) exit "${NPM:-0}" ;; *) exec /bin/sh "$@" ;; esac',
}


def _servers(
    tmp_path: Path, install: str, npm: int | None = 0, ci: str = "true"
) -> subprocess.CompletedProcess[str]:
    """`npm` is how its work ends; None: it is not installed."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, body in _PROGRAMS.items():
        if name != "npm" or npm is not None:
            (programs / name).write_text(f"#!/bin/sh\n{body}\n")
            (programs / name).chmod(0o755)
    for name in ("dirname", "mktemp", "mv", "chmod", "rm", "cat"):
        (programs / name).symlink_to(str(shutil.which(name)))
    environment = {
        "PATH": str(programs),
        "CI": ci,
        "POLICY": str(tmp_path / "policy-rc.d"),
        "SEEN": str(tmp_path / "seen"),
        "INSTALL": install,
        "NPM": str(npm),
    }
    command = ["/bin/sh", str(ROOT / "tools" / "servers.sh")]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("npm", "said"), [(None, "npm is not installed"), (1, "npm cannot be used"), (0, "")]
)
@pytest.mark.parametrize("ci", ["true", ""])
def test_a_machine_where_npm_cannot_be_used_fails_in_ci_only(
    npm: int | None, said: str, ci: str, tmp_path: Path
) -> None:
    done = _servers(tmp_path, "exit 0", npm, ci)
    assert (said in done.stderr) and (said != "" or done.stderr == "")
    assert (done.returncode == 0) is (npm == 0 or ci == "")


@pytest.mark.parametrize(
    ("install", "code"), [("exit 0", 0), ("exit 100", 100), ("kill -TERM $PPID; sleep 1", 143)]
)
@pytest.mark.parametrize("before", ["", "#!/bin/sh\nexit 0\n"])
def test_what_keeps_services_from_starting_is_taken_away_again(
    before: str, install: str, code: int, tmp_path: Path
) -> None:
    policy = tmp_path / "policy-rc.d"
    if before:
        policy.write_text(before)
    assert _servers(tmp_path, install).returncode == code
    assert "exit 101" in (tmp_path / "seen").read_text()
    assert [p.name for p in tmp_path.iterdir() if "policy" in p.name] == (["policy-rc.d"] if before else [])
    assert not before or policy.read_text() == before
