from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from batten.cli import main
from batten.engine.review import review
from batten.formats import Workspace
from batten.model import Finding
from batten.policy import PolicyProblem
from batten.policy.load import parse_policy

NGINX = """server {
    listen 443 ssl;
    add_header X-Owner "payments" always;
    location / { proxy_pass http://127.0.0.1:8000; }
}
"""
COMPOSE = """services:
  api:
    image: example/api:1
    mem_limit: 512m
    environment: {REGION: us-east-1, LEVEL: "${LEVEL}"}
"""


def found(rows: str, tmp_path: Path) -> list[Finding]:
    policy = parse_policy("batten.yaml", "custom:\n" + rows)
    files = {"nginx.conf": NGINX, "compose.yaml": COMPOSE}
    result = review(Workspace(tmp_path, files), policy)
    assert not [p for p in result.problems if p.stage == "judge"]
    own = {row.slug for row in policy.custom}
    return [f for f in result.findings if f.control in own]


def row(**keys: str) -> str:
    return "  - control: our-rule\n" + "".join(f"    {k}: {v}\n" for k, v in keys.items())


def test_a_header_that_must_be_there(tmp_path: Path) -> None:
    wanted = row(fact="ResponseHeaders", header="X-Team", must="present", value="payments", severity="high")
    (finding,) = found(wanted, tmp_path)
    assert finding.severity.label in ("medium", "high")
    assert finding.fix is not None and "X-Team" in finding.fix.edits[0].text
    assert not found(wanted.replace("X-Team", "X-Owner"), tmp_path)


@pytest.mark.parametrize(
    ("must", "count"),
    [
        ("present", 0),
        ("absent", 1),
        ("{equal: payments}", 0),
        ("{equal: search}", 1),
        ("{one-of: [search, payments]}", 0),
        ("{match: '^pay'}", 0),
        ("{match: '^search'}", 1),
        ("{contain: ment}", 0),
    ],
)
def test_what_a_header_must_be(must: str, count: int, tmp_path: Path) -> None:
    assert len(found(row(fact="ResponseHeaders", header="X-Owner", must=must), tmp_path)) == count


@pytest.mark.parametrize(
    ("must", "count"), [("{at-most: 1g}", 0), ("{at-most: 256m}", 1), ("{at-least: 600m}", 1)]
)
def test_sizes_are_compared_as_sizes(must: str, count: int, tmp_path: Path) -> None:
    assert len(found(row(fact="Workload", field="memory", must=must), tmp_path)) == count


def test_one_value_of_a_table(tmp_path: Path) -> None:
    assert (
        len(found(row(fact="Workload", field="environment", key="REGION", must="{match: ^eu-}"), tmp_path))
        == 1
    )
    assert not found(row(fact="Workload", field="environment", key="LEVEL", must="{equal: info}"), tmp_path)


def test_when_narrows_it(tmp_path: Path) -> None:
    wanted = row(fact="Workload", field="read_only_root", must="true", when="{name: NAME}")
    assert len(found(wanted.replace("NAME", "api"), tmp_path)) == 1
    assert not found(wanted.replace("NAME", "other"), tmp_path)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (row(fact="Headers", header="X", must="present"), "no fact 'Headers'"),
        (row(fact="Workload", field="memori", must="present"), "no setting 'memori'"),
        (row(fact="Workload", field="environment", must="present"), "is a table"),
        (row(fact="Workload", field="memory", must="huge"), "`must`"),
        (row(fact="Workload", field="memory", must="{at-most: huge}"), "requires a number"),
        (row(fact="ResponseHeaders", header="X", must="{match: '('}"), "not a valid regular expression"),
        (row(fact="ResponseHeaders", header="X", must="{match: '(?=a)b'}"), "uses look-around"),
        (row(fact="ResponseHeaders", header="X", must=r"{match: '(a+)\1'}"), "uses a back-reference"),
        (row(fact="Workload", field="memory", must="present", when="{colour: red}"), "no field 'colour'"),
        ("  - fact: Workload\n    field: memory\n    must: present\n", "needs a name"),
        (row(fact="Workload", field="memory", must="present") * 2, "defined twice"),
        (row(fact="Workload", field="memory", must="present", colour="red"), "no key 'colour'"),
    ],
)
def test_a_wrong_row_is_told_with_its_line(rows: str, says: str) -> None:
    with pytest.raises(PolicyProblem, match=r"batten\.yaml:\d+: ") as told:
        parse_policy("batten.yaml", "custom:\n" + rows)
    assert says in str(told.value)


OWN = '''from collections.abc import Iterator

from batten.controls import control
from batten.facts import Workload
from batten.model import Case, Severity, Violation


class OwnerNamed(Case):
    ABSENT = "absent", "Name the team that owns the service in OWNER."


@control("Services say who owns them", Severity.HIGH, "V1")
def owner_named(workload: Workload) -> Iterator[Violation]:
    """Somebody must be called at night."""
    if "OWNER" not in workload.environment:
        yield Violation(OwnerNamed.ABSENT, f"`{workload.name}` names no owner", workload.at)
'''


def run(tmp_path: Path, code: str) -> tuple[int, str]:
    (tmp_path / "tree").mkdir(exist_ok=True)
    (tmp_path / "tree" / "compose.yaml").write_text(COMPOSE)
    (tmp_path / "own.py").write_text(code)
    words = ["review", "--no-cache", "--controls", str(tmp_path / "own.py"), str(tmp_path / "tree")]
    batten = [sys.executable, "-c", "from batten.cli import main; main()"]  # it registers controls for good
    ran = subprocess.run([*batten, *words], capture_output=True, text=True, timeout=60)
    return ran.returncode, ran.stdout + ran.stderr


def test_a_control_in_a_file_of_ones_own(tmp_path: Path) -> None:
    code, said = run(tmp_path, OWN.replace("owner_named", "owner_is_named"))
    assert code == 1 and "owner-is-named" in said and "names no owner" in said


@pytest.mark.parametrize(
    ("code", "says"), [("x = 1", "registers no control"), ("import nowhere_to_be", "ModuleNotFoundError")]
)
def test_a_file_that_is_no_control_is_told(code: str, says: str, tmp_path: Path) -> None:
    status, said = run(tmp_path, code)
    assert status == 2 and says in said


def test_strict_lists_what_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "nginx.conf").write_text(NGINX.replace('"payments"', "$owner"))
    plain = CliRunner().invoke(main, ["review", "--no-cache", "--gate", "critical", str(tmp_path)])
    strict = CliRunner().invoke(main, ["review", "--strict", "--gate", "critical", str(tmp_path)])
    assert plain.exit_code == 0
    assert strict.exit_code == 3 and "ResponseHeaders.sent[x-owner]" in strict.output.replace("\n", " ")
