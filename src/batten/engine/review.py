"""Static review: files to facts to findings. No network, ever."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path

from batten import masking
from batten.advisories.gaps import Packages
from batten.controls import adopt, judges_of, risk_of
from batten.engine.baseline import Baseline
from batten.engine.causes import LOWERING, causes
from batten.engine.cautions import cautious, largest_body
from batten.engine.chains import with_chains
from batten.engine.content import of_answer, rows_of
from batten.engine.contexts import Contexts
from batten.engine.discover import Covered, discover, paths
from batten.engine.identity import TRAFFIC
from batten.engine.judge import Bench, judge, mended_together, merged, slugs_about
from batten.engine.ledger import Ledger
from batten.engine.licences import openly_documented
from batten.engine.link import Picture, accustomed, decided, link, superseded
from batten.engine.outcome import Lowered, Withheld
from batten.engine.patched import compared
from batten.engine.shown import fix_shown
from batten.engine.skipped import Planted, planted
from batten.engine.waivers import Former, Waivers, waived
from batten.facts import (
    Behind,
    Fact,
    KeptFile,
    Mount,
    Observed,
    Released,
    ResponseHeaders,
    Secret,
    Stack,
    Unparsed,
)
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.formats.workspace import parse_problem
from batten.model import (
    Ask,
    Context,
    Finding,
    Fix,
    Kind,
    LazyFix,
    Location,
    Problem,
    Safety,
    SetHeader,
    Span,
    Unnoticed,
    Violation,
)
from batten.model.record import changed, record
from batten.policy import Policy
from batten.technologies import Unit, done_by_applications, technologies
from batten.technologies.shared.containers.mounts import copied
from batten.technologies.shared.deployment.named import NamedFile, named_files
from batten.technologies.shared.unread import is_template, may_be_template


@dataclass(slots=True)
class Review:
    """What a review read and found. Several technologies may read one file: `owners` tells in which unit a
    file was read, first of all and by each technology's name, `readers` which technology a fact (by id) is of."""

    workspace: Workspace
    policy: Policy
    units: tuple[Unit, ...] = ()
    facts: list[Fact] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    owners: dict[str, Unit] = field(default_factory=dict)
    owners_by: dict[tuple[str, str], Unit] = field(default_factory=dict)
    readers: dict[int, str] = field(default_factory=dict)
    files: int = 0
    ignored: int = 0  # files that the policy leaves out
    read_units: int = 0
    listed: tuple[str, ...] = ()  # every file that was found
    left_out: dict[str, int] = field(default_factory=dict)
    named: tuple[NamedFile, ...] = ()  # by commands of the tree's scripts
    planted: tuple[Planted, ...] = ()  # configuration in folders of tools
    failed: set[Unit] = field(default_factory=set)  # that could not be read to their ends
    ledger: Ledger | None = None  # of an earlier run, or once `engine/account` has made it
    judged: frozenset[str] = (
        frozenset()
    )  # slugs of the controls that were asked about something in production files
    quiet: dict[str, int] = field(default_factory=dict)  # causes that controls find which are turned off
    lowered: tuple[Lowered, ...] = ()  # by the change that is reviewed
    packages: Packages | None = None  # how those that files name were compared with advisories
    contexts: Contexts = field(init=False)

    def __post_init__(self) -> None:
        self.contexts = Contexts(self.policy, self.workspace)

    @property
    def withheld(self) -> Withheld:
        """What the policy keeps from the verdict, and how many findings."""
        milder = [f for f in self.findings if f.lowered and f.suppression is None and f.counts]
        hidden = Counter(cause.lead.control for cause in causes(milder))
        return Withheld(
            off=tuple(sorted(self.policy.off)),
            ignored=self.ignored,
            mapped=self.contexts.withheld(self.findings),
            milder=tuple(lowered_controls(self.policy)),
            hidden={**hidden, **self.quiet},
            settings=self.policy.lessened,
        )


def lowered_controls(policy: Policy) -> Iterator[str]:
    """The controls that a policy gives less severity than batten does."""
    for slug, severity in sorted(policy.severities.items()):
        if any(severity < judge.severity for judge in judges_of(slug)):
            yield slug


def review(
    root: Path | str | Workspace,
    policy: Policy,
    only: Iterable[str] = (),
    fixes: bool = True,
    baseline: Baseline | None = None,
) -> Review:
    """Read what is recognised below the root and judge it. With `fixes`, findings carry their edits."""
    result = read(root if isinstance(root, Workspace) else Workspace(root), policy, only)
    judge_all(result, baseline, fixes=fixes)
    return result


def read(workspace: Workspace, policy: Policy, only: Iterable[str] = ()) -> Review:
    """Discover and read, without judging. Packages are listed where the policy has advisories to compare them with."""
    workspace.packages = policy.advisories is not None
    listing = paths(workspace, only, policy.ignore)
    # The files that scripts name, those in folders of tools among them, but for those that the policy leaves out or
    # templates make; and what is wrong with scripts.
    known, ignored = set(listing.paths), Covered(policy.ignore)
    files: list[NamedFile] = []
    problems: list[Problem] = []
    for one in named_files(listing.paths, workspace):
        if isinstance(one, Problem):
            problems.append(one)
        elif not ignored.holds(one.path) and (
            one.path in known or any(one.path.startswith(f"{folder}/") for folder in listing.folders)
        ):
            files.append(changed(one, read=False) if is_template(one.path) else one)
    named, unclear = tuple(files), problems
    found = discover(workspace, listing.paths, listing.problems, named)
    result = Review(
        workspace,
        policy,
        found.units,
        problems=[*found.problems, *unclear],
        files=found.files,
        ignored=listing.ignored,
        listed=tuple(listing.paths),
        left_out=listing.left_out,
        named=named,
        planted=tuple(planted(listing.folders, workspace)),
    )
    result.read_units = len(found.units)
    for unit in found.units:
        read_unit(unit, result)
    # A file that a production container is given is production, too, whatever it is called; one that only containers
    # for development are given, and that no file of production names, is for development.
    tried: dict[str, set[str]] = {}
    for mount in (f for f in result.facts if isinstance(f, Mount) and f.path):
        context = result.contexts.of(mount.at)
        if context is Context.PRODUCTION and result.workspace.exists(mount.path):
            result.contexts.include((), mount.path)
            tried.pop(mount.path, None)
        elif (
            context is Context.DEVELOPMENT
            and not _OF_CONTAINERS.isdisjoint(mount.path.split("/"))
            and result.workspace.exists(mount.path)
        ):
            tried.setdefault(mount.path, set()).add(mount.at.source)
    for path, givers in tried.items():
        if not result.contexts.included(path) and not _named_in_production(path, givers, result):
            result.contexts.try_out(path)
    # What a production pipeline publishes is production, though it lies below a folder for developers (`dev/build`).
    for release in (f for f in result.facts if isinstance(f, Released)):
        if result.contexts.of(release.at) is Context.PRODUCTION:
            result.contexts.release(release.path, result.listed)
    result.facts = decided(superseded(result.facts, result.contexts.of, result.readers), result.readers)
    result.facts = accustomed(result.facts, result.readers, result.contexts.of)
    result.facts = openly_documented(result.facts, result.readers, workspace)
    # Add what advisories say of the packages that files name.
    compare_found = compared(result.facts, result.policy, result.contexts, result.readers, result.units)
    result.facts += compare_found.facts
    result.problems += compare_found.problems
    result.packages = compare_found.packages
    return result


_OF_CONTAINERS = frozenset(("docker", ".docker", "compose"))  # folders of files that containers alone read


def _named_in_production(path: str, but: set[str], result: Review) -> bool:
    """Whether a file of production that was read, a Dockerfile or a manifest among them, has the file's name or its folder's."""
    folder, _, name = path.rpartition("/")
    names = [name, *([folder if "/" in folder else f"{folder}/"] if folder else [])]
    pattern = re.compile(
        rf"(?<![\w.-])(?:{'|'.join(map(re.escape, names))})(?![\w-])"
    )  # ours: names of the tree, escaped
    others = (
        file
        for unit in result.units
        if but.isdisjoint(unit.files)
        and path not in unit.files
        and result.contexts.of_path(unit.main) is Context.PRODUCTION
        for file in unit.files
    )
    return any(pattern.search(_text(file, result.workspace)) for file in others)


def _text(path: str, workspace: Workspace) -> str:
    try:
        return workspace.text(path).text
    except Unreadable:
        return ""


def read_unit(unit: Unit, into: Review) -> None:
    """Add a unit's facts and problems. Whatever goes wrong costs this unit only."""
    for file in unit.files:
        into.owners.setdefault(file, unit)
    technology = technologies()[unit.technology]
    adapter = technology.adapter()
    heads, known = unit.files[:1] if technology.includes else unit.files, set(unit.files)
    for file in unit.files[len(heads) :]:
        into.contexts.include(heads, file)
    try:
        for outcome in adapter.read(unit, into.workspace):
            if isinstance(outcome, Problem):
                into.problems.append(outcome)
            else:
                if isinstance(outcome, (Secret, KeptFile)):
                    # What a secret's own place says is shown nowhere, a word or not.
                    at = outcome.at
                    if at.span is not None and into.workspace.exists(at.source):
                        masking.note(at, into.workspace.text(at.source).text)
                if outcome.at.source not in known and outcome.at.context is None:
                    known.add(outcome.at.source)
                    into.contexts.include(heads, outcome.at.source)
                into.owners.setdefault(outcome.at.source, unit)
                into.owners_by.setdefault((outcome.at.source, unit.technology), unit)
                into.readers[id(outcome)] = unit.technology
                into.facts.append(outcome)
    except (SyntaxProblem, Unreadable) as error:
        into.failed.add(unit)
        # What a template leaves open may keep it from being read: that is told, and is no mistake in it.
        if not (isinstance(error, SyntaxProblem) and may_be_template(unit.main)):
            into.problems.append(parse_problem(unit.main, error, into.workspace))
    except (RecursionError, MemoryError) as error:
        into.failed.add(unit)
        hint = "list it under `ignore:` in batten.yaml if people did not write it"
        said = f"too deeply nested to read ({type(error).__name__})"
        into.problems.append(Problem(unit.main, "read", said, hint=hint))
    except Exception as error:
        into.failed.add(unit)
        hint = "internal error: please report it with the file"
        said = f"{unit.technology} reader failed: {masking.failure(error)}"
        into.problems.append(Problem(unit.main, "read", said, hint=hint))


def judge_all(
    result: Review,
    baseline: Baseline | None = None,
    observed: Iterable[Observed] = (),
    environments: Iterable[Judged] | None = None,
    fixes: bool = True,
    narrow: Callable[[list[Finding]], list[Finding]] | None = None,
    former: Former | None = None,
) -> None:
    """Judge each fact alone, then all together with what environments showed; then the waivers. `observed` is gone
    through more than once; `environments` is it where that was judged already. `narrow` leaves only some of the findings,
    before any are joined; `former` says which comments of files count."""
    adopt(result.policy.custom)
    picture = link(result.facts, result.contexts.of)
    # What places serve, where only all facts together show it.
    does = done_by_applications(result.listed, result.workspace)
    here = {unit.technology for unit in result.units}
    mounted = (technologies()[name].mounted(result.listed, result.workspace) for name in here)
    copies = partial(copied, workspace=result.workspace)
    filled = with_chains(result.facts, picture, result.policy, does, frozenset().union(*mounted), copies)
    for before, after in zip(result.facts, filled, strict=True):
        if after is not before and id(before) in result.readers:
            result.readers[id(after)] = result.readers.pop(id(before))
    result.facts = filled
    quiet: list[Finding] = []
    bench = Bench(
        result.workspace,
        result.policy,
        picture,
        readers=result.readers,
        contexts=result.contexts,
        quiet=quiet,
        former=former.lines if former is not None and former.decides else None,
    )
    unparsed = (_unparsed(p, result.workspace) for p in result.problems if p.stage == "parse")
    findings = merged(_judged([*result.facts, *unparsed, *_stacks(result, observed)], bench, result))
    if environments is None:
        findings += live_findings(observed, result)
    else:
        findings += side_by_side(environments, result)
    waivers = Waivers(result.policy, result.workspace, baseline, former)
    findings = waived(_once(findings), waivers)
    findings += _judged(waivers.facts(sorted(result.owners)), bench, result)
    if narrow is not None:
        findings = narrow(findings)
    if fixes:
        largest = largest_body(result.facts)
        findings = mended_together([with_fix(f, result, largest=largest) for f in findings])
    result.findings = sorted(findings, key=order)
    counting = (f for f in merged(quiet) if f.counts)
    result.quiet = dict(Counter(cause.lead.control for cause in causes(counting)))
    result.judged = _asked(result)
    result.problems = result.contexts.weighed(result.problems)


BETWEEN = "declared-effective"  # holds declared facts against observed ones


def _asked(result: Review) -> frozenset[str]:
    """The controls that had something to judge in production files; nothing where none was read."""
    deployed = next(iter(_stacks(result, ()))).facts
    if not deployed:
        return frozenset()
    at = Location("", "")
    every = [*deployed, Stack(at, deployed), Unparsed(at, "")]
    return slugs_about(every) - {BETWEEN}


def _once(findings: list[Finding]) -> list[Finding]:
    """The findings without those outside production that production has at the same place: a base file is read once with
    what production lays over it, and once with what developers do."""
    places = {_spot(f) for f in findings if f.context is Context.PRODUCTION}
    return [f for f in findings if f.context is Context.PRODUCTION or f.environment or _spot(f) not in places]


def _spot(finding: Finding) -> tuple[object, ...]:
    return finding.fingerprint, finding.at.source, finding.at.span


def _stacks(result: Review, observed: Iterable[Observed]) -> Iterator[Stack]:
    """The facts of each context for themselves: an open store of a test must not stand for production's, which alone is
    held against what environments showed."""
    groups: dict[Context, list[Fact]] = {Context.PRODUCTION: []}
    for fact in result.facts:
        context = result.contexts.of(fact.at, result.readers.get(id(fact), ""))
        groups.setdefault(context, []).append(fact)
    for context, facts in groups.items():
        deployed = context is Context.PRODUCTION
        at = Location("", "stack", kind=Kind.BLOCK, context=None if deployed else context)
        yield Stack(at, tuple(facts), observed if deployed else ())


@record
class Judged:
    """The findings about one environment's facts, and the judges that failed. `complete` is False where not
    everything was looked at, so that silence is no proof."""

    environment: str
    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...] = ()
    complete: bool = True


def judged_live(
    environment: str,
    facts: Iterable[Fact],
    result: Review,
    complete: bool = True,
    advise: Callable[[str, Violation, Fact], str] | None = None,
) -> Judged:
    """What an environment showed, judged. Where the same was seen again no report shows the exchange, so none is kept."""
    bench = Bench(result.workspace, result.policy, Picture(), environment, contexts=result.contexts)
    bench = bench if advise is None else changed(bench, advise=advise)
    rows = rows_of(result.policy)
    told = (of_answer(f, rows) if isinstance(f, ResponseHeaders) else f for f in facts)
    outcomes = list(judge(told, bench))
    findings = merged(o for o in outcomes if isinstance(o, Finding))
    problems = tuple(o for o in outcomes if isinstance(o, Problem))
    return Judged(environment, tuple(map(_without_more_exchanges, findings)), problems, complete)


def _without_more_exchanges(finding: Finding) -> Finding:
    return changed(finding, also=tuple(changed(at, exchange=None) for at in finding.also))


def side_by_side(environments: Iterable[Judged], result: Review) -> list[Finding]:
    """The findings of all environments; then what one breaks and the one before it keeps."""
    findings: list[Finding] = []
    stages: list[Judged] = []
    for one in environments:
        result.problems += one.problems
        findings += one.findings
        if one.environment != TRAFFIC:  # what callers happen to do is no stage on the way to production
            stages.append(one)
    for before, after in pairwise(stages):
        bench = Bench(result.workspace, result.policy, Picture(), after.environment, contexts=result.contexts)
        findings += _judged(_behind(before, after), bench, result)
    return findings


def _behind(before: Judged, after: Judged) -> Iterable[Behind]:
    kept = {f.control for f in before.findings}
    breaks = {f.control: f for f in reversed(after.findings)} if before.complete else {}
    for slug, finding in breaks.items():
        if slug not in kept:
            yield Behind(finding.at, after.environment, before.environment, slug)


def live_findings(observed: Iterable[Observed], result: Review) -> list[Finding]:
    """What each environment showed, judged, and compared with the one before it."""
    by_environment: dict[str, list[Fact]] = {}
    for one in observed:
        by_environment.setdefault(one.environment, []).append(one.fact)
    return side_by_side((judged_live(e, facts, result) for e, facts in by_environment.items()), result)


def _judged(facts: Iterable[Fact], bench: Bench, result: Review) -> list[Finding]:
    outcomes = list(judge(facts, bench))
    result.problems += [o for o in outcomes if isinstance(o, Problem)]
    return [o for o in outcomes if isinstance(o, Finding)]


def order(finding: Finding) -> tuple[object, ...]:
    """What a change lowers first; then the worst first, then by place."""
    region = finding.region
    where = (region.line, region.column) if region else (0, 0)
    return (
        finding.control != LOWERING,
        -finding.severity,
        finding.at.source,
        where,
        finding.control,
        finding.at.pointer,
    )


def _unparsed(problem: Problem, workspace: Workspace) -> Unparsed:
    span = None
    if problem.line:
        try:
            source = workspace.text(problem.source)
            text = source.line(problem.line)
            start = source.text.find(text) if problem.line == 1 else _start(source.text, problem.line)
            span = Span(start, start + len(text))
        except Unreadable:
            span = None
    at = Location(problem.source, "", span)
    return Unparsed(at, problem.message)


def _start(text: str, line: int) -> int:
    at = 0
    for _ in range(line - 1):
        at = text.find("\n", at) + 1
    return at


def with_fix(finding: Finding, result: Review, told: Fix | None = None, largest: int = 0) -> Finding:
    """The finding with the edits its technology makes of its remedy, where it can. `told` is what an earlier
    run said of it; `largest` the largest body, in bytes, that the files allow."""
    source = finding.at.source
    unit = result.owners_by.get((source, finding.technology)) or result.owners.get(source)
    if finding.remedy is None or unit is None or finding.suppression is not None:
        return finding
    return changed(finding, mend=LazyFix(partial(_fix, unit, result.workspace, finding, largest), told))


def _fix(unit: Unit, workspace: Workspace, finding: Finding, largest: int = 0) -> Fix | None:
    assert finding.remedy is not None
    adapter = technologies()[unit.technology].adapter()
    asked = finding.remedy if isinstance(finding.remedy, Ask) else None
    try:
        made = adapter.write(unit, workspace, asked.remedy if asked else finding.remedy, finding.at)
        if made is None:
            return None
        if asked is not None and made.safety is not Safety.VALUE:
            made = Fix(made.title, (), safety=Safety.VALUE, question=asked.question)
        # A fix is as risky as the control says that wanted it, whichever technology writes it.
        # A template makes containers of other images, too: what one of them does without, they may need.
        if isinstance(finding.remedy, Unnoticed) and finding.technology != "helm":
            with_risk = changed(made, safety=Safety.SAFE, breaks="") if made.safety is Safety.RISKY else made
        else:
            breaks = finding.remedy.breaks if isinstance(finding.remedy, SetHeader) else ""
            breaks = breaks or risk_of(finding.control, finding.case, finding.technology)
            if breaks and made.safety is Safety.SAFE:
                with_risk = changed(made, safety=Safety.RISKY, breaks=breaks)
            else:
                with_risk = made
        return fix_shown(cautious(with_risk, finding, workspace, largest))
    except Exception as error:
        question = (
            f"the fix failed with an internal error, please report it with the file: {masking.failure(error)}"
        )
        return Fix("fix it by hand", (), safety=Safety.VALUE, question=question)
