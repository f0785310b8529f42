"""Every block of tests/pages/<slug>/<technology>.md, and every example on a control's page, is run.

A `bad` block of a fixture is followed by a `findings` block: line, severity, case and message of each, written by
`python tools/findings.py` and read by whoever reviews the change. Its findings count towards the verdict unless it says
`context=development` (test, example, vendored); `counts=yes` beside that: they count all the same.

The day that a page is judged at stands in it as `Judged on 2026-12-01.`: ends of support, certificates and waivers are held
against it. No test reads the clock of the machine, and a page that states no day is judged in a far future, so that one which depends
on the day fails at once.
With a `policy base` block, which says what the base's batten.yaml is, the blocks after it are changes: `before` marks a file as it
was, and the `policy` block is the batten.yaml of the change.

No block of a fixture is what another one of the same control is, with the same files, policy and day: a `good` block that a `fixed`
block has shown already goes. A `fixed` block repeats another where two faults have one remedy, and a `bad` block where the remedy is
in another file. A page for people may show a block of a fixture again: people read the page, and the fixture says what is found.

An `advisories` block is a list of OSV records, with which the packages of the blocks after it are compared.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import shutil
import ssl
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from batten.advisories.database import kept
from batten.advisories.exports import Local
from batten.advisories.fetching import Fetched, fetch
from batten.contract import load
from batten.controls import all_controls
from batten.engine.changed import Changes
from batten.engine.changes import state_before
from batten.engine.fix import rewritten
from batten.engine.lowering.reviewing import Order, held_against
from batten.engine.lowering.weighing import Sides
from batten.engine.moves import moved
from batten.engine.review import Review, judge_all, read, review
from batten.facts import Fact, Listener, Observed, TlsOffer, TlsTraits
from batten.formats import Workspace
from batten.live.calls import survey_of
from batten.live.exchange import Shown
from batten.live.probes.strangers import stranger_fact
from batten.live.reading import parse_transcript, read_transcript
from batten.live.tls.certificate import certificate_fact
from batten.model import Finding, Kind, Location, Safety, Setting
from batten.policy import Environment, Policy
from batten.policy.advising import Source
from batten.policy.load import parse_policy
from batten.technologies import technologies
from days import UNSTATED
from layouts import faults
from osv import NEEDED, archive

PAGES = Path(__file__).parent.parent / "docs" / "controls"
FIXTURES = Path(__file__).parent / "pages"
FENCE = re.compile(
    r"^```(?P<language>[\w-]+)(?P<info>[^\n]*)\n(?P<text>.*?)^```[ ]*$", re.MULTILINE | re.DOTALL
)
JUDGED = re.compile(r"^Judged on (\d{4}-\d\d-\d\d)\.$", re.MULTILINE)
BY_LANGUAGE = {t.language: t for t in technologies().values()}
for technology in technologies().values():
    technology.adapter()  # loads the technology's own controls


@dataclass(frozen=True)
class Example:
    slug: str
    language: str
    kind: str
    info: dict[str, str]
    text: str
    companions: dict[str, str] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)  # judged at the day that the page states
    advisories: str = ""
    base: Policy | None = None  # of a change: what the base decides
    formers: dict[str, str] = field(default_factory=dict)  # files as they were
    before: Example | None = None
    findings: str | None = None  # what the block after it says that is found
    questions: str | None = None  # what the block after that says is asked, instead of a fix
    end: int = 0  # where the block ends in its file

    @property
    def path(self) -> str:
        return self.info.get("file") or BY_LANGUAGE[self.language].example


def judged_at(day: date, policy: Policy) -> Policy:
    """The policy on another day, at noon (UTC)."""
    return replace(policy, today=day, now=datetime.combine(day, time(12), UTC))


def slug_of(page: Path) -> str:
    return page.stem if page.parent == PAGES else page.parent.name


def examples(page: Path) -> Iterator[Example]:
    source = page.read_text()
    stated = JUDGED.search(source)
    day = date.fromisoformat(stated[1]) if stated else UNSTATED
    policy, companions, before, advisories = judged_at(day, Policy()), {}, None, ""
    base: Policy | None = None
    formers: dict[str, str] = {}
    matches = list(FENCE.finditer(source))
    for match, after, then in zip(matches, [*matches[1:], None], [*matches[2:], None, None], strict=False):
        words = match["info"].split()
        kind = next((w for w in words if w in ("bad", "good", "fixed", "policy")), "")
        info = dict(w.split("=", 1) for w in words if "=" in w)
        if match["language"] == "advisories":
            advisories = match["text"]
        elif kind == "policy" and "base" in words:
            base, formers, companions = judged_at(day, parse_policy("batten.yaml", match["text"])), {}, {}
            policy = base
        elif "before" in words:
            formers = {**formers, info["file"]: match["text"]}
        elif kind == "policy" and base is not None:
            policy = judged_at(day, parse_policy("batten.yaml", match["text"]))
            companions = {**companions, "batten.yaml": match["text"]}
        elif kind == "policy":
            policy = judged_at(day, parse_policy("batten.yaml", match["text"]))
        elif kind:
            told = after["text"] if after is not None and after["language"] == "findings" else None
            asked = then["text"] if then is not None and then["language"] == "questions" else None
            example = Example(
                slug=slug_of(page),
                language=match["language"],
                kind=kind,
                info=info,
                text=match["text"],
                companions=companions,
                policy=policy,
                advisories=advisories,
                base=base,
                formers=formers,
                before=before,
                findings=told,
                questions=asked if told is not None else None,
                end=match.end(),
            )
            yield example
            before, companions = example, (companions if kind == "bad" else {})
        elif "file" in info:
            companions = {**companions, info["file"]: match["text"]}


def all_examples() -> Iterator[object]:
    for page in (*sorted(FIXTURES.glob("*/*.md")), *sorted(PAGES.glob("*.md"))):
        for number, example in enumerate(examples(page), 1):
            where = "page" if page.parent == PAGES else page.stem
            marks = (NEEDED,) if example.advisories else ()
            yield pytest.param(example, id=f"{example.slug}-{where}-{example.kind}-{number}", marks=marks)


def reviewed(example: Example, text: str, root: Path) -> tuple[list[Finding], Review]:
    workspace = Workspace(root, {**example.companions, example.path: text})
    source = Source(folder=database(example.advisories, example.policy.now)) if example.advisories else None
    result = (
        review(workspace, example.policy.compared_with(source))
        if example.base is None
        else change_of(example, example.base, workspace)
    )
    if example.slug != "config-parses":
        assert result.problems == [], result.problems
        assert any(u.technology == BY_LANGUAGE[example.language].name for u in result.units), "not recognised"
    return [f for f in result.findings if f.control == example.slug], result


def change_of(example: Example, base: Policy, workspace: Workspace) -> Review:
    """The block as a change of the files that were before it."""
    former = example.formers or example.companions
    added = frozenset(path for path in workspace.overlay if path not in former)
    gone = {path: text for path, text in former.items() if path not in workspace.overlay}
    changed = {path for path, text in workspace.overlay.items() if former.get(path) != text} | gone.keys()
    changes = Changes(frozenset(changed), former, added, moved(gone, added, workspace))
    sides = Sides(revision="main", base=base, now=example.policy)
    order = Order(workspace=workspace, policy=base, sides=sides)
    return held_against(order, sides, state_before(changes, workspace, base), None).review


@cache
def database(records: str, at: datetime) -> Path:
    """A database of these advisories, fetched at that moment."""
    published: dict[str, list[dict[str, Any]]] = {}
    for one in json.loads(records):
        for ecosystem in {a["package"]["ecosystem"].partition(":")[0] for a in one["affected"]}:
            published.setdefault(ecosystem, []).append(one)
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    export = Local(folder, single=False)
    export.live = True
    for ecosystem, ones in published.items():
        (folder / ecosystem).mkdir()
        (folder / ecosystem / "all.zip").write_bytes(archive(ones))
    with kept(folder) as database:
        done = list(fetch(database, export, published, at))
    assert [one for one in done if not isinstance(one, Fetched) or one.unread] == []
    return folder


def observed(example: Example, root: Path) -> list[Finding]:
    """What an exchange shows, held against companions: files that declare something, a contract, and
    `*.http` files, which are what an environment before this one answered."""
    url = example.info.get("at", "https://api.example.com/")
    files = {name: text for name, text in example.companions.items() if not name.endswith(".http")}
    result = read(Workspace(root, files), example.policy)
    assert result.problems == []
    shown = [
        Observed(fact.at, name.removesuffix(".http"), fact)
        for name, text in example.companions.items()
        if name.endswith(".http")
        for fact in read_transcript(url, text)
    ]
    facts = WIRE[example.language](url, example.text)
    facts += answered(url, example.text, result) if "openapi" in {u.technology for u in result.units} else []
    environment = example.info.get("environment", "page")
    judge_all(result, observed=[*shown, *(Observed(f.at, environment, f) for f in facts)])
    assert result.problems == []
    return [f for f in result.findings if f.control == example.slug and f.environment in ("", environment)]


def answered(url: str, text: str, declared: Review) -> list[Fact]:
    """The answer held against the operation that it is of."""
    unit = next(u for u in declared.units if u.technology == "openapi")
    contract, _ = load(declared.workspace, unit.main)
    survey = survey_of(Environment("page", url), contract)
    response = parse_transcript(url, text)
    template = survey.match(response.request.method, response.request.path)
    return [stranger_fact(call, response) for call in survey.calls if call.template == template]


def certificate(url: str, text: str) -> list[Fact]:
    """What a handshake with this chain would show, as far as no trust anchor is needed."""
    chain = tuple(
        ssl.PEM_cert_to_DER_cert(c) for c in re.findall(r"-----BEGIN.*?END CERT\S+", text, re.DOTALL)
    )
    at = Location(url, "handshake", kind=Kind.WIRE)
    return [certificate_fact(urlsplit(url).hostname or "", Shown(chain, judged=False), at, os.devnull)]


def handshakes(url: str, text: str) -> list[Fact]:
    """What a port took of TLS, in the words of the report: `TLSv1.2: suite, suite`, and how it negotiates."""
    told = dict(line.split(": ", 1) for line in text.splitlines())
    versions = tuple(name for name in told if name.startswith(("SSL", "TLSv")))
    suites = tuple(suite for name in versions for suite in told[name].split(", "))
    at, host = Location(url, "handshake", kind=Kind.WIRE), urlsplit(url).hostname or ""
    traits = TlsTraits(
        groups=tuple(told.get("groups", "").split(", ")),
        dh_bits=int(told.get("finite field of DHE", "0 bits").split()[0]),
        compression=told.get("TLS compression") == "yes",
        secure_renegotiation=told.get("secure renegotiation") != "no",
        client_renegotiation=told.get("renegotiation by clients") == "yes",
        fallback_scsv=told.get("fallback SCSV") != "no",
    )
    listener = Listener(
        at,
        address=Setting(host, at),
        port=Setting(443, at),
        tls=Setting(True, at),
        protocols=Setting(versions, at),
        suites=suites,
    )
    return [listener, TlsOffer(at, host=host, port=443, protocols=versions, suites=suites, traits=traits)]


WIRE = {"http": read_transcript, "pem": certificate, "tls": handshakes}


_LAST: list[tuple[Example, list[Finding]]] = []


def found_in(example: Example, root: Path) -> list[Finding]:
    """What is found in a block, remembered for the `fixed` block after it."""
    if not (_LAST and _LAST[0][0] is example):
        wire = example.language in WIRE
        found = observed(example, root) if wire else reviewed(example, example.text, root)[0]
        _LAST[:] = [(example, found)]
    return _LAST[0][1]


def told(findings: list[Finding]) -> str:
    """The findings as a `findings` block says them, in the order of their lines."""
    rows = [(f.region.line if f.region else 0, f) for f in findings]
    return "".join(
        f"{line or '-'} {f.severity.label} {f.case}: {f.message}\n"
        for line, f in sorted(rows, key=lambda row: (row[0], row[1].case, row[1].message))
    )


def asked(findings: list[Finding]) -> str:
    """The questions that stand in the place of fixes, as a `questions` block says them, in the order of their lines."""
    rows = [(f.region.line if f.region else 0, f.fix.question) for f in findings if f.fix and f.fix.question]
    return "".join(f"{line or '-'} {question}\n" for line, question in sorted(rows))


@pytest.mark.parametrize("example", list(all_examples()))
def test_example(example: Example, tmp_path: Path) -> None:
    if example.kind == "fixed" and example.language not in WIRE:
        repaired(example, tmp_path)
        return
    found = found_in(example, tmp_path)
    if example.kind == "bad" and example.findings is not None:
        assert told(found) == example.findings
    if example.kind == "bad" and example.questions is not None:
        assert asked(found) == example.questions
    if example.language in WIRE:
        assert len(found) == (1 if example.kind == "bad" else 0)
    elif example.kind == "good":  # nothing at all, in no context
        assert [(f.region, f.message) for f in found] == []
    else:
        lines = [f.region.line for f in found if f.region]
        assert sorted(lines) == sorted(int(n) for n in example.info["line"].split(",")), [
            (f.region, f.message) for f in found
        ]
        assert {(f.context.value, f.counts) for f in found} == {context_of(example)}
        if "severity" in example.info:
            assert {f.severity.label for f in found} == {example.info["severity"]}


def context_of(example: Example) -> tuple[str, bool]:
    """`context=test`: the findings are of that context and do not count; with `counts=yes` they count all the same."""
    context = example.info.get("context", "production")
    return context, context == "production" or example.info.get("counts") == "yes"


def repaired(example: Example, root: Path) -> None:
    """The fixes of the block before make exactly this text, and leave the control silent but for what a `questions` block asks."""
    bad = example.before
    assert bad is not None and bad.kind == "bad" and bad.language == example.language, "`fixed` follows `bad`"
    found = found_in(bad, root)
    fixes = [f.fix for f in found if f.fix is not None and f.fix.safety is not Safety.VALUE]
    open_ = (bad.questions or "").count("\n")
    assert len(fixes) == len(found) - open_, "a finding has no fix that can be written"
    edits = [e for fix in fixes for e in fix.edits if e.source == example.path]
    text = rewritten(example.path, bad.text, edits)
    assert text == example.text
    assert faults(example.path, bad.text, text) == []
    others = {
        name: rewritten(
            name, bad.companions.get(name, ""), [e for fix in fixes for e in fix.edits if e.source == name]
        )
        for name in {*bad.companions, *(e.source for fix in fixes for e in fix.edits)} - {example.path}
    }
    again, _ = reviewed(Example(**{**vars(bad), "companions": others}), text, root)
    assert len(again) == open_, [(f.region, f.message) for f in again]


def test_every_control_has_a_page_and_fixtures_and_every_page_a_control() -> None:
    documented, shown = {p.stem for p in PAGES.glob("*.md")}, {p.name for p in FIXTURES.iterdir()}
    assert sorted(documented ^ set(all_controls())) == [], "each control has one docs/controls/<slug>.md"
    assert sorted(shown ^ set(all_controls())) == [], "each control has one folder tests/pages/<slug>"


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda p: p.stem)
def test_a_page_opens_with_its_title(page: Path) -> None:
    assert page.read_text().splitlines()[0] == f"# {all_controls()[page.stem].title}"


@pytest.mark.parametrize("folder", sorted(FIXTURES.iterdir()), ids=lambda p: p.name)
def test_fixtures_show_both_sides(folder: Path) -> None:
    kinds = {e.kind for fixture in folder.glob("*.md") for e in examples(fixture)}
    assert {"bad", "good"} <= kinds, "a control needs a `bad` and a `good` block"


@pytest.mark.parametrize(
    "fixture", sorted(FIXTURES.glob("*/*.md")), ids=lambda p: f"{p.parent.name}-{p.stem}"
)
def test_a_fixture_says_what_is_found(fixture: Path) -> None:
    silent = [e.text for e in examples(fixture) if e.kind == "bad" and e.findings is None]
    assert silent == [], "run `python tools/findings.py`"


@pytest.mark.parametrize("folder", sorted(FIXTURES.iterdir()), ids=lambda p: p.name)
def test_no_block_is_repeated(folder: Path) -> None:
    places: dict[str, list[str]] = {}
    for fixture in sorted(folder.glob("*.md")):
        source = fixture.read_text()
        for example in examples(fixture):
            line = source.count("\n", 0, example.end) - example.text.count("\n")
            if example.kind == "fixed" and example.before and example.before.questions:
                continue  # it is not silent: questions are left
            side = "bad" if example.kind == "bad" else "good"
            here = places.setdefault(f"{side} {what_is_reviewed(example)}", [])
            here.append(f"{example.kind} {fixture.name}:{line}")
    repeated = [h for h in places.values() if len(h) > 1 and not all(p.startswith("fixed") for p in h)]
    assert repeated == [], "remove the `good` block, or all `bad` blocks but one"


def what_is_reviewed(example: Example) -> str:
    """All that decides what is found in a block, as one value to compare."""
    names = ("language", "text", "companions", "policy", "advisories", "base", "formers")
    where = {name: value for name, value in example.info.items() if name in ("file", "at", "environment")}
    return repr([where, *(getattr(example, name) for name in names)])
