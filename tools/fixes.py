"""docs/fixes.md: what `batten fix` writes in each technology, from the writers themselves, run over the fixtures.

Every safe fix has a reason in tools/safe.yaml why no client and no start-up notices it; one without a reason is an error.
With `--check` nothing is written, and the exit code says whether the page is as it would be.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import cast

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from batten import masking  # noqa: E402
from batten.formats import yaml  # noqa: E402
from batten.formats.tree import plain  # noqa: E402
from batten.model import Finding, Fix, Safety  # noqa: E402
from batten.technologies import technologies  # noqa: E402
from test_pages import FIXTURES, WIRE, examples, reviewed  # noqa: E402

PAGE, REASONS = ROOT / "docs" / "fixes.md", ROOT / "tools" / "safe.yaml"
SHOWN = 4  # titles of one row
HEAD = """# What `batten fix` writes

Made by `python tools/fixes.py` from the writers themselves, run over the fixtures of `tests/pages`.

- **Safe** fixes are applied by `batten fix`: no client and no start-up notices them, for the reason that is given.
- **Risky** fixes are applied with `--risky`; each says who may notice.
- **Questions** need an answer in batten.yaml before anything is written.

A header is safe in some places and risky in others: [what is served](policy.md#what-is-served) decides.
"""
Rows = dict[tuple[str, Safety, str], tuple[set[str], set[str]]]


def fixes() -> Iterator[tuple[str, Finding, Fix]]:
    """Every fix that the fixtures' findings have, with the technology that writes it."""
    with tempfile.TemporaryDirectory() as folder:
        for fixture in sorted(FIXTURES.glob("*/*.md")):
            for example in examples(fixture):
                if example.language in WIRE or example.kind != "bad":
                    continue
                masking.forget()  # what one example holds is not masked in another
                found, result = reviewed(example, example.text, Path(folder))
                for finding in found:
                    owner = finding.technology or getattr(
                        result.owners.get(finding.at.source), "technology", ""
                    )
                    if finding.fix is not None and owner:
                        yield owner, finding, finding.fix


def rows() -> Rows:
    """Titles, and risks or questions, by technology, safety and control."""
    found: Rows = defaultdict(lambda: (set(), set()))
    for owner, finding, fix in fixes():
        titles, notes = found[owner, fix.safety, finding.control]
        titles.add(fix.title)
        notes.add(fix.breaks if fix.safety is Safety.RISKY else fix.question)
    return found


def reasons() -> dict[str, str]:
    return cast(dict[str, str], plain(yaml.parse(REASONS.read_text())))


def reason(known: dict[str, str], control: str, technology: str) -> str:
    """Why the fix is safe there; "" when nobody said so."""
    return known.get(f"{control} {technology}") or known.get(control, "")


def page(found: Rows, known: dict[str, str]) -> str:
    made = [HEAD]
    for name in sorted(
        {technology for technology, _, _ in found}, key=lambda n: technologies()[n].title.lower()
    ):
        made.append(f"\n## {technologies()[name].title}\n")
        for safety, title, note in (
            (Safety.SAFE, "Safe", "why"),
            (Safety.RISKY, "Risky", "who may notice"),
            (Safety.VALUE, "Questions", "what is asked"),
        ):
            own = sorted((c, r) for (t, s, c), r in found.items() if t == name and s is safety)
            if own:
                made.append(f"\n### {title}\n\n| control | what is written | {note} |\n|---|---|---|\n")
            for control, (titles, notes) in own:
                why = reason(known, control, name) if safety is Safety.SAFE else listed(notes)
                made.append(f"| [{control}](controls/{control}.md) | {listed(titles)} | {why} |\n")
    return "".join(made)


def listed(words: set[str]) -> str:
    """The first few, in order; a bar would end the cell of a table."""
    kept = sorted(w for w in words if w)
    more = [f"{len(kept) - SHOWN} more"] if len(kept) > SHOWN else []
    return "; ".join(re.sub(r"\s+", " ", w.replace("|", "\\|")) for w in (*kept[:SHOWN], *more))


def unargued(found: Rows, known: dict[str, str]) -> list[str]:
    """Safe fixes without a reason, and reasons of no safe fix."""
    safe = {(control, technology) for technology, safety, control in found if safety is Safety.SAFE}
    asked = {name for control, technology in safe for name in (control, f"{control} {technology}")}
    silent = [f"{c} {t}: no reason in tools/safe.yaml" for c, t in sorted(safe) if not reason(known, c, t)]
    return [*silent, *(f"{name}: a reason without a safe fix" for name in sorted(set(known) - asked))]


def main() -> int:
    found, known = rows(), reasons()
    wrong = unargued(found, known)
    for line in wrong:
        print(line)
    text = page(found, known)
    if "--check" not in sys.argv:
        PAGE.write_text(text)
    elif not PAGE.exists() or PAGE.read_text() != text:
        wrong.append("docs/fixes.md")
        print("docs/fixes.md is not what tools/fixes.py writes: run it")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
