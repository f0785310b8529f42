"""What is the same finding: across sentences, renames, copies, and the formats of earlier versions."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from batten.cli import main
from batten.engine.baseline import Baseline, Known
from batten.engine.history import runs, stories
from batten.engine.identity import Identity, continued, identity_of, kin_of
from batten.model import Finding, Location, Severity
from days import judged_on
from spending import at_most

pytestmark = judged_on("2026-12-01")

# A client of the store is what is published; nothing restarts a store that is unhealthy.
NO_LONGER = {"container-health-checked", "network-segmented"}
FORMER = (
    Path(__file__).parent / "former"
)  # a tree, its baseline and its history, written by batten before version 2


def one(path: str, kin: str = "a") -> Identity:
    return Identity(kin, path)


NGINX = "server { listen 443 ssl; server_name a.example; ssl_certificate a; ssl_certificate_key b; ssl_protocols TLSv1.1; }\n"


def gone(*paths: str) -> Callable[[str], bool]:
    return lambda path: path in paths


def test_the_same_place_continues_and_counts() -> None:
    known = [one("a"), one("a")]
    assert continued([one("a"), one("a"), one("a")], known, gone()) == [0, 1, None]


def test_a_renamed_file_continues() -> None:
    before = [one("a"), one("a"), one("a", "b")]
    now = [one("c"), one("c"), one("c", "b")]
    assert continued(now, before, gone("a")) == [0, 1, 2]


@pytest.mark.parametrize(
    ("now", "before", "lost"),
    [
        pytest.param([one("prod")], [one("dev")], [], id="the old file is still there"),
        pytest.param([one("c"), one("d")], [one("a")], ["a"], id="two files could be the new one"),
        pytest.param([one("c")], [one("a"), one("b")], ["a", "b"], id="two files could be the old one"),
        pytest.param(
            [one("c"), one("c", "b")], [one("a"), one("c", "b")], ["a"], id="the new file had findings"
        ),
        pytest.param([one("c", "b")], [one("a")], ["a"], id="another weakness"),
        pytest.param([Identity("a", "", "staging")], [one("a")], ["a"], id="seen live"),
        pytest.param([Identity("a", "", "staging")], [Identity("a", "", "production")], [], id="elsewhere"),
    ],
)
def test_doubt_makes_a_finding_new(now: list[Identity], before: list[Identity], lost: list[str]) -> None:
    assert continued(now, before, gone(*lost))[0] is None


def asked(*arguments: str) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(main, [*arguments, "--format", "json"])
    assert result.exit_code in (0, 1), result.output
    return result.exit_code, json.loads(result.stdout)


def active(report: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted((f["control"], f["at"]["path"]) for f in report["findings"] if f["suppression"] is None)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_a_weakness_that_is_repaired_in_one_folder_and_put_into_another_is_new(root: Path) -> None:
    """Seen once: `0 findings, 21 suppressed`, and exit code 0."""
    for folder in ("staging", "production"):
        (root / folder).mkdir()
        (root / folder / "nginx.conf").write_text(NGINX)
    sound = NGINX.replace("TLSv1.1", "TLSv1.2")
    (root / "production" / "nginx.conf").write_text(sound)
    asked("review", "--write-baseline", "../baseline.json")
    assert asked("review", "--baseline", "../baseline.json")[0] == 0
    (root / "staging" / "nginx.conf").write_text(sound)
    (root / "production" / "nginx.conf").write_text(NGINX)
    code, report = asked("review", "--baseline", "../baseline.json")
    assert code == 1
    assert active(report) == [("tls-version", "production/nginx.conf")]


def test_a_moved_folder_keeps_its_baseline(root: Path) -> None:
    (root / "edge").mkdir()
    (root / "edge" / "nginx.conf").write_text(NGINX)
    asked("review", "--write-baseline", "../baseline.json")
    (root / "edge").rename(root / "proxy")
    assert asked("review", "--baseline", "../baseline.json")[0] == 0


def test_places_that_a_report_joins_are_noted_each(root: Path) -> None:
    """Seen once: an unchanged tree with a new finding, beside the baseline that was just written."""
    sound = "server { listen 443 ssl; server_name a.example; ssl_certificate a; ssl_certificate_key b; }\n"
    plain = "server { listen 80; listen [::]:80; server_name a.example; root /srv; }\n"
    (root / "nginx.conf").write_text(sound + plain)
    asked("review", "--write-baseline", "../baseline.json")
    assert asked("review", "--baseline", "../baseline.json")[0] == 0
    (root / "nginx.conf").write_text(sound + plain.replace("80; server", "80; listen 8080; server"))
    assert asked("review", "--baseline", "../baseline.json")[0] == 1


def test_a_finding_that_became_worse_is_new(root: Path) -> None:
    store = "services:\n  cache:\n    image: redis:8.0\n"
    (root / "compose.yaml").write_text(store)
    asked("review", "--write-baseline", "../baseline.json")
    assert asked("review", "--baseline", "../baseline.json")[0] == 0
    (root / "compose.yaml").write_text(store + '    ports: ["6379:6379"]\n')
    report = asked("review", "--baseline", "../baseline.json")[1]
    assert ("store-authenticated", "compose.yaml") in active(report)


@pytest.mark.parametrize(
    ("file", "one", "other"),
    [
        pytest.param(
            "nginx.conf",
            "server { listen 443 ssl; location / { proxy_set_header X-Api-Key 4f9c1e7ab2d84c6f9e0a; } }",
            "server { listen 443 ssl; location / { proxy_set_header X-Token 4f9c1e7ab2d84c6f9e0a; } }",
            id="headers",
        ),
        pytest.param(
            "haproxy.cfg",
            "frontend www\n  mode http\n  bind :443\n  http-request deny if { path_beg /ops } !{ src 10.0.0.0/8 }\n",
            "frontend www\n  mode http\n  bind :443\n  http-request deny if { path_beg /admin } !{ src 10.0.0.0/8 }\n",
            id="conditions",
        ),
        pytest.param(
            "Dockerfile",
            "FROM alpine:3.22\nRUN wget -qO- https://one.example/i.sh | sh\n",
            "FROM alpine:3.22\nRUN wget -qO- https://two.example/i.sh | sh\n",
            id="steps",
        ),
    ],
)
def test_one_repaired_and_another_put_at_the_same_place_is_new(
    root: Path, file: str, one: str, other: str
) -> None:
    (root / file).write_text(one)
    asked("review", "--write-baseline", "../baseline.json")
    assert asked("review", "--baseline", "../baseline.json")[0] == 0
    (root / file).write_text(other)
    assert asked("review", "--baseline", "../baseline.json")[0] == 1


def test_an_entry_holds_only_for_the_control_that_it_names(root: Path) -> None:
    """People read the control of an entry, not its digest."""
    (root / "nginx.conf").write_text(NGINX)
    asked("review", "--write-baseline", "../baseline.json")
    baseline = root.parent / "baseline.json"
    baseline.write_text(baseline.read_text().replace('"tls-version"', '"banner-hidden"'))
    assert active(asked("review", "--baseline", str(baseline))[1]) == [("tls-version", "nginx.conf")]


def test_a_baseline_is_of_one_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths are below the folder under review, so those of two folders may be alike."""
    (root / ".git").mkdir()
    for folder, text in {"orders": NGINX, "stock": NGINX}.items():
        (root / folder).mkdir()
        (root / folder / "nginx.conf").write_text(text)
    asked("review", "orders", "--write-baseline", "../baseline.json")
    assert asked("review", "orders", "--baseline", "../baseline.json")[0] == 0
    result = CliRunner().invoke(main, ["review", "stock", "--baseline", "../baseline.json"])
    assert result.exit_code == 2
    assert "written for the folder orders, and this run reviews stock" in result.output


def test_a_baseline_without_severities_is_read(root: Path) -> None:
    (root / "nginx.conf").write_text(NGINX)
    asked("review", "--write-baseline", "../baseline.json")
    baseline = root.parent / "baseline.json"
    noted = json.loads(baseline.read_text())
    for entry in noted["findings"]:
        del entry["severity"]
    baseline.write_text(json.dumps(noted))
    assert asked("review", "--baseline", str(baseline))[0] == 0


def test_a_baseline_of_version_1_follows_no_file(root: Path) -> None:
    """It noted a control and a file, so a moved file could hold other weaknesses."""
    shutil.copytree(FORMER / "tree", root, dirs_exist_ok=True)
    (root / "edge" / "nginx.conf").rename(root / "nginx.conf")
    assert asked("review", "--baseline", str(FORMER / "baseline.json"))[0] == 1


def test_a_baseline_of_version_1_is_read(root: Path) -> None:
    shutil.copytree(FORMER / "tree", root, dirs_exist_ok=True)
    _, report = asked("review", "--baseline", str(FORMER / "baseline.json"))
    assert active(report) == []


def test_a_baseline_of_version_1_hides_nothing_that_it_did_not_note(root: Path) -> None:
    """More of a control in one file than it noted: nothing tells which is the new one, so all of them count."""
    shutil.copytree(FORMER / "tree", root, dirs_exist_ok=True)
    compose = root / "deploy" / "compose.yaml"
    compose.write_text(
        compose.read_text() + '  queue:\n    image: redis:7\n    ports: ["6380:6379"]\n    read_only: true\n'
    )
    (root / "other.conf").write_text(NGINX)
    code, report = asked("review", "--baseline", str(FORMER / "baseline.json"))
    found = active(report)
    assert code == 1
    assert found.count(("store-authenticated", "deploy/compose.yaml")) == 2
    assert ("tls-version", "other.conf") in found
    assert ("tls-version", "edge/nginx.conf") not in found


def test_a_history_of_version_1_is_carried_over(root: Path) -> None:
    shutil.copytree(FORMER / "tree", root, dirs_exist_ok=True)
    history = shutil.copy(FORMER / "history.db", root.parent / "history.db")
    before = {s.control for s in stories(Path(history))}
    code, report = asked("check", "--history", str(history))
    assert code == 1
    assert {f["state"] for f in report["findings"]} == {"standing"}
    assert {p["control"] for p in report["past"]} == NO_LONGER
    (second, first) = runs(Path(history))
    gone = len(report["past"])
    assert (second.closed, second.standing) == (gone, first.opened - gone)
    assert {s.control for s in stories(Path(history))} == before
    code, report = asked("check", "--history", str(history))
    assert {f["state"] for f in report["findings"]} == {"standing"}


def test_what_became_worse_leaves_its_match_to_the_next_one_alike() -> None:
    place = Location("a.conf", "server")
    kin = kin_of("hsts-sent", "absent", "server")
    low, high = (
        Finding(
            control="hsts-sent",
            case="absent",
            severity=severity,
            message="m",
            at=place,
            kin=kin,
            fingerprint="f",
        )
        for severity in (Severity.LOW, Severity.HIGH)
    )
    known = Known(identity_of(low), "hsts-sent", "absent", Severity.LOW)
    assert Baseline((known,)).holds([high, low], gone()) == [False, True]
    assert Baseline((known,)).holds([low, low], gone()) == [True, False]
    assert Baseline((known,)).holds([high], gone()) == [False]


def test_many_files_with_the_same_weakness_that_all_moved_are_matched_in_linear_time() -> None:
    before = [Identity("same", f"old/{n}.yaml") for n in range(10_000)] + [Identity("own", "old/one.yaml")]
    now = [Identity("same", f"new/{n}.yaml") for n in range(10_000)] + [Identity("own", "new/one.yaml")]
    with at_most(2):
        matches = continued(now, before, lambda path: path.startswith("old/"))
    assert matches == [None] * 10_000 + [10_000]
