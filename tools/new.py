"""`make new`: the files of a new control, technology or fact, failing until they are filled in.

make new CONTROL=hsts-sent FAMILY=transport [FACT=ResponseHeaders] [TECHNOLOGY=nginx]
make new TECHNOLOGY=lighttpd WING=edges [FILES='lighttpd.conf']
make new FACT=Tunnel ROOM=edge
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "batten"

PAGE = """# {title}

Say in two or three sentences what is required, and what goes wrong for whom without it.

## What an attacker does

One concrete request or command, and what it yields.

## How it is broken, and the fix

### {language}

Broken:

```{language}
replace this by the `bad` block of the fixture
```

Repaired:

```{language}
replace this by its `fixed` or `good` block
```

## What batten reports

| case | what it means | what to do |
|---|---|---|
| `absent` | say what is wrong | say what to do |

## By hand

How to repair it where batten cannot, and the command that shows that it is repaired.

## References

- the vendor's documentation, the RFC, the CWE
"""
FIXTURE = """# {slug}: {technology}

Say what is wrong here.

```{language} bad line=1
replace this by the smallest configuration that breaks the control
```

```{language} good
replace this by its sound counterpart
```
"""
FAMILY = '''"""Controls on {family}."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls._registry import control
from batten.facts import {fact}
from batten.model import Case, Severity, Violation
'''
JUDGE = '''

class {name}(Case):
    ABSENT = "absent", "Say what to do, in one imperative sentence."


@control("{title}", Severity.MEDIUM, "V1", "OWASP API8:2023")
def {function}(fact: {fact}) -> Iterator[Violation]:
    """Say in one sentence why it matters."""
    yield Violation({name}.ABSENT, "say what is wrong", fact.at)
'''
DECLARATION = """from batten.technologies import Technology

technology = Technology(
    "{name}",
    "{title}",
    files=({files},),
    example={example},
)
"""
ADAPTER = '''"""{title}: facts out, remedies in.

Source: the vendor's documentation of each setting that is read.
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Fix, Location, Problem, Remedy
from batten.technologies import Unit


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The facts of one configuration. What cannot be known is UNKNOWN, never a guess."""
    raise NotImplementedError(unit.main, workspace.text(unit.main))


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make the remedy true at that place, or None."""
    return None
'''
ADAPTER_TEST = """from __future__ import annotations

from pathlib import Path

from batten.formats import Workspace
from batten.technologies import Unit
from batten.technologies.{name}.adapter import read


def test_what_is_read() -> None:
    workspace = Workspace(Path("/nonexistent"), {{{example}: "replace this by a configuration\\n"}})
    assert list(read(Unit("{name}", ({example},)), workspace))
"""
CANARY = """## {file}
```
replace this by a configuration that holds CANARY wherever a secret may stand
```
"""
RECORD = '''

@record
class {fact}(Fact):
    """Say what it is, and who fills it."""
'''


class Refusal(Exception):
    """What was asked cannot be made; the sentence says why."""


def new_control(slug: str, family: str, fact: str, technology: str) -> list[Path]:
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)+", slug):
        raise Refusal(f"'{slug}' is not a slug: write words in lower case with hyphens between them")
    module = SOURCE / "controls" / f"{family}.py"
    page = ROOT / "docs" / "controls" / f"{slug}.md"
    if not re.fullmatch(r"[a-z][a-z_]*", family):
        raise Refusal("name the family with FAMILY=, a module of controls/: transport, headers, stores …")
    if page.exists():
        raise Refusal(f"{page.relative_to(ROOT)} exists already")
    if not re.search(
        rf'^    "{re.escape(fact)}",$', (SOURCE / "facts" / "__init__.py").read_text(), re.MULTILINE
    ):
        raise Refusal(f"there is no fact {fact}; make it first: make new FACT={fact} ROOM=edge")
    folder = next((SOURCE / "technologies").glob(f"*/{technology}/adapter.py"), None)
    if folder is None:
        raise Refusal(f"there is no technology '{technology}'; name a folder of a wing of technologies/")
    title = slug.replace("-", " ").capitalize()
    names = {"title": title, "slug": slug, "function": slug.replace("-", "_"), "fact": fact}
    names |= {"name": title.title().replace(" ", ""), "technology": technology, "family": family}
    text = module.read_text() if module.exists() else FAMILY.format(**names)
    fixture = ROOT / "tests" / "pages" / slug / f"{technology}.md"
    names["language"] = _language(folder.parent)
    made = {
        page: PAGE.format(**names),
        fixture: FIXTURE.format(**names),
        module: _importing(text, fact) + JUDGE.format(**names),
    }
    return _written(made)


def _language(technology: Path) -> str:
    """The language of a technology's blocks, where it is not its name."""
    declared = (technology / "__init__.py").read_text()
    fence = re.search(r'\bfence="([^"]+)"', declared)
    return fence[1] if fence else technology.name


def _importing(text: str, fact: str) -> str:
    """The family with what the stub needs imported; ruff puts it in order."""
    wanted = {"batten.facts": fact, "batten.model": "Case"}
    for module, name in wanted.items():
        if not re.search(
            rf"^from {re.escape(module)} import (?:\([^)]*|[^(\n]*)\b{name}\b", text, re.MULTILINE
        ):
            text = re.sub(
                rf"^from {re.escape(module)} import",
                f"from {module} import {name}\n\\g<0>",
                text,
                count=1,
                flags=re.MULTILINE,
            )
    return text


def new_technology(name: str, wing: str, files: str) -> list[Path]:
    wings = sorted(p.parent.name for p in (SOURCE / "technologies").glob("*/__init__.py"))
    wings = [one for one in wings if one != "shared"]
    if wing not in wings:
        raise Refusal(f"name with WING= where it belongs: {', '.join(wings)}")
    folder = SOURCE / "technologies" / wing / name
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise Refusal(f"'{name}' is not a module's name: write it in lower case")
    if folder.exists():
        raise Refusal(f"{folder.relative_to(ROOT)} exists already")
    globs = files.split() or [f"{name}.conf"]
    example = f'"{globs[0].replace("*", name)}"'
    names = {"name": name, "title": name.replace("_", " ").capitalize(), "example": example}
    names["files"] = ", ".join(f'"{glob}"' for glob in globs)
    made = {
        folder / "__init__.py": DECLARATION.format(**names),
        folder / "adapter.py": ADAPTER.format(**names),
        ROOT / "tests" / "technologies" / f"test_{name}.py": ADAPTER_TEST.format(**names),
        ROOT / "tests" / "security" / "canaries" / f"{name}.md": CANARY.format(file=example.strip('"')),
    }
    return _written(made)


def new_fact(fact: str, room: str) -> list[Path]:
    module, index = SOURCE / "facts" / f"{room}.py", SOURCE / "facts" / "__init__.py"
    if not re.fullmatch(r"([A-Z][a-z]+)+", fact):
        raise Refusal(f"'{fact}' is not a class's name: write it as Listener or AccessRule")
    if not module.exists():
        raise Refusal("name with ROOM= the module of facts/ that it belongs to: edge, store, cloud …")
    if re.search(rf"\b{fact}\b", index.read_text()):
        raise Refusal(f"there is a fact {fact} already")
    text = index.read_text().replace("__all__ = [", f'__all__ = [\n    "{fact}",', 1)
    text = text.replace(
        "from batten.facts.api", f"from batten.facts.{room} import {fact}\nfrom batten.facts.api", 1
    )
    return _written({module: module.read_text() + RECORD.format(fact=fact), index: text})


def _written(made: dict[Path, str]) -> list[Path]:
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return list(made)


def main() -> int:
    asked = dict(word.split("=", 1) for word in sys.argv[1:] if "=" in word)
    control, technology, fact = (asked.get(name, "") for name in ("CONTROL", "TECHNOLOGY", "FACT"))
    try:
        if control:
            made = new_control(control, asked.get("FAMILY", ""), fact or "Listener", technology or "nginx")
        elif technology:
            made = new_technology(technology, asked.get("WING", ""), asked.get("FILES", ""))
        elif fact:
            made = new_fact(fact, asked.get("ROOM", ""))
        else:
            raise Refusal(f"say what to make:\n{__doc__}")
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 2
    print("\n".join(str(path.relative_to(ROOT)) for path in made))
    print(f"now: make test K={control or technology or fact}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
