"""A pull request that hides its own finding: every payload mounts the engine's socket, and no run of it may end with 0."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from lowering import BARE, HIDDEN, SOCKET, Checkout, changed

from batten.engine.lowering.decisions import decisions
from batten.engine.lowering.declarations import declarations
from batten.policy.load import parse_policy
from days import judged_on
from needs import needs, where

pytestmark = needs("git", where("git"))

LOW = "controls: {container-mounts-safe: info}\n"
SLUG = "container-mounts-safe"


def link(made: Checkout, name: str, target: str) -> None:
    (made.root / name).unlink(missing_ok=True)
    os.symlink(target, made.root / name)


def text(policy: str, **files: str) -> Callable[[Checkout], None]:
    return lambda made: made.put({"batten.yaml": policy, **files})


def linked(made: Checkout) -> None:
    made.put({"lax.yaml": LOW})
    link(made, "batten.yaml", "lax.yaml")


def linked_out(made: Checkout) -> None:
    (made.home / "lax.yaml").write_text(LOW)
    link(made, "batten.yaml", "../home/lax.yaml")


def removed(made: Checkout) -> None:
    (made.root / "batten.yaml").unlink()


def folder(made: Checkout) -> None:
    removed(made)
    made.put({"batten.yaml/x": LOW})


def other_case(made: Checkout) -> None:
    removed(made)
    made.put({"Batten.yaml": LOW})


def moved(to: str) -> Callable[[Checkout], None]:
    def move(made: Checkout) -> None:
        (made.root / "docker-compose.yml").unlink()
        made.put({to: SOCKET})

    return move


def below_examples_with_a_policy(made: Checkout) -> None:
    moved("examples/docker-compose.yml")(made)
    made.put({"batten.yaml": "contexts: {'examples/**': production}\n"})


def waived_in_passing(made: Checkout) -> None:
    row = "{{control: {slug}, reason: known, owner: a, until: 2099-12-31}}"
    rows = [row.format(slug=slug) for slug in ("hsts-sent", "policy-not-lowered", SLUG)]
    made.put({"batten.yaml": "waivers:\n" + "".join(f"  - {one}\n" for one in rows)})


def many_rows(made: Checkout) -> None:
    globs = "".join(f"  - 'a{number}/**'\n" for number in range(3000))
    made.put({"batten.yaml": f"ignore:\n{globs}  - '*.yml'\n"})


PAYLOADS: dict[str, Callable[[Checkout], None]] = {
    "a severity": text(LOW),
    "an alias of an anchor": text(
        "version: 1\nsecrets: {a: &low info}\ncontrols: {container-mounts-safe: *low}\n"
    ),
    "a merge key": text("controls:\n  <<: {container-mounts-safe: info}\n"),
    "a key that is defined twice": text("controls: {}\n" + LOW),
    "a second document": text("version: 1\n---\n" + LOW),
    "a first document before a strict one": text(LOW + "---\nversion: 1\n"),
    "a quoted key": text('"controls": {"container-mounts\\u002dsafe": info}\n'),
    "a tab and a BOM": text("\ufeff" + LOW),
    "a file that does not parse": text("controls: [\n"),
    "an unknown key": text(LOW + "extends: lax.yaml\n"),
    "a link within": linked,
    "a link that leads out": linked_out,
    "a folder in its place": folder,
    "no batten.yaml": removed,
    "another case": other_case,
    "the control of lowering turned off": text(
        "controls:\n  policy-not-lowered: {off: not needed}\n  container-mounts-safe: info\n"
    ),
    "lowering waived by a comment": text(
        "controls:\n  # batten: ignore[policy-not-lowered] fine until 2099-12-31\n  container-mounts-safe: info\n"
    ),
    "waivers": waived_in_passing,
    "a gate that admits all but nothing": text("gate: critical\n" + LOW),
    "a context for all files": text("contexts: {'*': example}\n"),
    "a glob with a star": text("ignore: ['*']\n"),
    "more rows than are weighed": many_rows,
    "a comment beside the line": lambda made: made.put({"docker-compose.yml": HIDDEN}),
    "a file that git ignores": lambda made: made.put({".gitignore": "docker-compose.yml\n"}),
    "attributes of git": lambda made: made.put(
        {".gitattributes": "* export-ignore filter=lax\nbatten.yaml merge=ours\n", "batten.yaml": LOW}
    ),
    "a folder of examples": moved("examples/docker-compose.yml"),
    "a folder of tests": moved("tests/stack.yml"),
    "a folder of an editor": moved(".vscode/docker-compose.yml"),
    "a name for developers": moved("compose.dev.yaml"),
    "a backup": moved("docker-compose.yml.bak"),
    "a vendored folder": moved("vendor/docker-compose.yml"),
    "a name that no reader takes": moved("stack.conf.txt"),
    "a folder with a policy": below_examples_with_a_policy,
    "a profile": lambda made: made.put({"docker-compose.yml": SOCKET + "    profiles: [tools]\n"}),
}


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_change_does_not_hide_its_own_finding(name: str, tmp_path: Path) -> None:
    made = changed(tmp_path, {"docker-compose.yml": BARE, "batten.yaml": "version: 1\n"}, {})
    made.put({"docker-compose.yml": SOCKET})
    PAYLOADS[name](made)
    made.commit()
    for words in (("--changed-since", "main"), ("--policy-from", "main")):
        told = made.run(*words)
        assert told.code == 1, (words, told.error)
        assert SLUG in told.controls or told.report["lowered"], words
    if not told.report["problems"]:
        assert (
            made.run("--changed-since", "main", "--control", SLUG).report["lowered"] == told.report["lowered"]
        )


def test_a_waiver_that_is_carried_to_a_new_line_waives_nothing(tmp_path: Path) -> None:
    other = SOCKET.replace("/var/run/docker.sock:/var/run/docker.sock", "/etc:/etc:ro")
    quiet = (
        other.rstrip("\n") + "  # batten: ignore[container-mounts-safe] the agent reads it until 2099-12-31\n"
    )
    made = changed(tmp_path, {"docker-compose.yml": quiet}, {"docker-compose.yml": HIDDEN})
    assert made.run("--changed-since", "main").code == 1
    assert changed_line(tmp_path).run("--changed-since", "main").report["lowered"] == []


def changed_line(folder: Path) -> Checkout:
    """A change of the line that a comment of the base stands on, as of a program that updates images."""
    (folder / "second").mkdir()
    line = "    image: registry.example.com/api:{tag}  # batten: ignore[image-pinned] the registry keeps it until 2099-12-31\n"
    before, after = (
        "services:\n  api:\n" + line.format(tag=tag) + BARE.partition("\n    image")[2].partition("\n")[2]
        for tag in ("latest", "edge")
    )
    return changed(folder / "second", {"docker-compose.yml": before}, {"docker-compose.yml": after})


def test_objects_that_replace_those_of_the_base_are_not_used(tmp_path: Path) -> None:
    made = changed(
        tmp_path,
        {"docker-compose.yml": BARE, "batten.yaml": "version: 1\n"},
        {"docker-compose.yml": SOCKET, "batten.yaml": LOW},
    )
    strict, lax = made.git("rev-parse", "main:batten.yaml"), made.git("rev-parse", "change:batten.yaml")
    made.git("replace", strict, lax)
    made.git("replace", made.git("rev-parse", "main"), made.git("rev-parse", "change"))
    told = made.run("--changed-since", "main")
    assert told.code == 1 and SLUG in told.controls and told.report["lowered"]


@pytest.mark.parametrize(
    "revision", ["-x", "--output=x", "^main", "", ":/A state", "main:batten.yaml", "main main"]
)
def test_a_revision_is_a_commit_and_nothing_else(revision: str, tmp_path: Path) -> None:
    made = changed(tmp_path, {"docker-compose.yml": BARE, "batten.yaml": LOW}, {"docker-compose.yml": SOCKET})
    made.git("commit", "-q", "--amend", "-m", "Another")
    told = made.run(f"--policy-from={revision}")
    assert (told.code == 2 and told.report == {}) or revision.startswith(":/")
    assert not (made.root / "x").exists()


def test_a_base_whose_policy_is_a_link_out_or_broken_stops_the_run(tmp_path: Path) -> None:
    for number, wreck in enumerate(("link", "broken", "folder", "unknown")):
        folder = tmp_path / str(number)
        folder.mkdir()
        made = Checkout(folder)
        made.put({"docker-compose.yml": SOCKET, "batten.yaml": LOW})
        if wreck == "link":
            link(made, "batten.yaml", "../../../etc/passwd")
        elif wreck == "folder":
            (made.root / "batten.yaml").unlink()
            made.put({"batten.yaml/x": LOW})
        elif wreck == "broken":
            made.put({"batten.yaml": "controls: [\n"})
        else:
            made.put({"batten.yaml": "controls: {no-such-control: info}\n"})
        made.commit()
        if (made.root / "batten.yaml").is_dir():
            (made.root / "batten.yaml" / "x").unlink()
            (made.root / "batten.yaml").rmdir()
        (made.root / "batten.yaml").unlink(missing_ok=True)
        made.put({"batten.yaml": LOW})
        made.commit("change")
        told = made.run("--changed-since", "main")
        found_folder = (
            wreck == "folder" and told.code == 1
        )  # a tree of that name is no policy: the defaults decide
        assert (told.code == 2 and "batten.yaml at" in told.error) or found_folder, (wreck, told.error)


def test_a_link_of_the_base_is_followed_within_its_folder(tmp_path: Path) -> None:
    made = Checkout(tmp_path)
    made.put({"docker-compose.yml": BARE, "policies/team.yaml": LOW})
    link(made, "batten.yaml", "policies/team.yaml")
    made.commit()
    made.put({"docker-compose.yml": SOCKET})
    made.commit("change")
    assert made.run("--changed-since", "main").code == 0


def test_a_shallow_clone_without_the_base_is_no_verdict(tmp_path: Path) -> None:
    made = changed(tmp_path, {"docker-compose.yml": BARE}, {"docker-compose.yml": SOCKET, "batten.yaml": LOW})
    base = made.git("rev-parse", "main")
    shallow = tmp_path / "shallow"
    made.git("clone", "-q", "--depth", "1", "--branch", "change", f"file://{made.root}", str(shallow))
    made.root = shallow
    told = made.run("--changed-since", base)
    assert told.code == 2 and "shallow clone" in told.error


def test_what_the_base_alone_has_raised_since_is_not_the_changes_doing(tmp_path: Path) -> None:
    """The branch is older than a stricter row of the base: merging it keeps the row."""
    made = changed(
        tmp_path,
        {"docker-compose.yml": BARE, "batten.yaml": "controls: {container-limited: info}\n"},
        {"nginx.conf": "events {}\n"},
    )
    made.git("checkout", "-q", "main")
    made.put({"batten.yaml": "controls: {container-limited: high}\n"})
    made.commit()
    made.git("checkout", "-q", "change")
    assert made.run("--changed-since", "main").lowered == []
    made.put({"batten.yaml": "controls: {container-limited: {off: not here}}\n"})
    assert made.run("--changed-since", "main").lowered == ["control-lowered container-limited: high → off"]


def test_a_merge_that_drops_the_bases_row_is_listed(tmp_path: Path) -> None:
    made = changed(
        tmp_path, {"docker-compose.yml": BARE, "batten.yaml": LOW}, {"docker-compose.yml": BARE + "# more\n"}
    )
    made.git("checkout", "-q", "main")
    made.put({"batten.yaml": "version: 1\n"})
    made.commit()
    made.git("checkout", "-q", "change")
    made.git("merge", "-q", "-s", "ours", "-m", "Merge", "main")
    assert made.run("--changed-since", "main").lowered == [
        "control-lowered container-mounts-safe: critical → info"
    ]


FORMATS = ("terminal", "concise", "sarif", "junit", "markdown", "html", "gitlab", "github")


@pytest.mark.parametrize("form", FORMATS)
def test_every_report_says_it_before_the_findings(form: str, tmp_path: Path) -> None:
    made = changed(tmp_path, {"docker-compose.yml": BARE}, {"docker-compose.yml": SOCKET, "batten.yaml": LOW})
    out = made.home / "report"
    assert made.run("--changed-since", "main", "--format", form, "--output", str(out)).code == 1
    told = out.read_text()
    told = told.partition("<body>")[2] or told
    told = told.partition('"results"')[2] or told if form == "sarif" else told
    other = told.find("container&#x27;s engine" if form == "html" else "engine's socket")
    assert "lowers" in told and (other == -1 or told.index("lowers") < other)


STRICTER = (
    ("", "controls: {image-pinned: critical}\n"),
    ("controls: {image-pinned: {off: a reason}}\n", ""),
    ("gate: high\n", "gate: low\n"),
    ("ignore: ['old/**']\n", ""),
    ("ignore: ['old/**']\n", "ignore: ['old/2025/*']\n"),
    ("ignore: [old]\n", "ignore: [old/a]\n"),
    ("contexts: {'a/**': test}\n", "contexts: {'a/**': production}\n"),
    ("contexts: {'a/**': test}\n", "contexts: {'a/b/*': test}\n"),
    ("", "contexts: {test: {severity: keep, gate: true}}\n"),
    ("waivers: [{control: hsts-sent, reason: known, owner: a, until: 2099-12-31}]\n", ""),
    (
        "waivers: [{control: hsts-sent, reason: known, owner: a, until: 2099-12-31}]\n",
        "waivers: [{control: hsts-sent, path: a.conf, reason: known, owner: b, until: 2098-12-31}]\n",
    ),
    ("", "waivers: [{control: hsts-sent, reason: known, owner: a, until: 2000-12-31}]\n"),
    ("origins: ['https://a.example']\nbrowsers: true\n", "browsers: true\n"),
    ("public: ['GET /health']\n", "public: []\n"),
    ("hsts-seconds: 300\n", "hsts-seconds: 600\n"),
    (
        "environments: {a: {url: 'https://a.example', rate: 10}}\n",
        "environments: {a: {url: 'https://a.example', rate: 20, active: true, stores: ['redis://b:1']}}\n",
    ),
    ("advisories: {minimum: high}\n", "advisories: {minimum: low}\n"),
)


@judged_on("2026-12-01")
@pytest.mark.parametrize(("before", "after"), STRICTER)
def test_what_requires_more_is_never_listed(before: str, after: str) -> None:
    base, now = parse_policy("batten.yaml", before), parse_policy("batten.yaml", after)
    assert [*decisions(base, now), *declarations(base, now)] == []
    back = [*decisions(now, base), *declarations(now, base)]
    assert back or "2000-12-31" in after


def test_a_change_of_other_things_lists_nothing(tmp_path: Path) -> None:
    made = changed(
        tmp_path,
        {
            "docker-compose.yml": SOCKET,
            "batten.yaml": LOW,
            "examples/nginx.conf": "events {}\n",
            "README.md": "a\n",
        },
        {
            "docker-compose.yml": SOCKET.replace("256m", "512m"),
            "batten.yaml": "# a comment\n" + LOW,
            "examples/compose.yaml": SOCKET,
            "tests/compose.yaml": SOCKET,
            "debug.yaml": "a: b\n",
            "README.md": "b\n",
        },
    )
    told = made.run("--changed-since", "main")
    assert (told.code, told.lowered) == (0, [])
    made.git("mv", "docker-compose.yml", "compose.yaml")
    made.commit()
    assert made.run("--changed-since", "main").lowered == []
