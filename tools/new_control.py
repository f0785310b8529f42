"""`make new CONTROL=slug FAMILY=module`: a failing page and a judge to fill in."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = """# {title}

Say in two or three sentences who is hurt and how.

## nginx

```nginx bad line=1
server {{ listen 80; }}
```

```nginx good
server {{ listen 127.0.0.1:80; }}
```
"""
JUDGE = '''

@control("{title}", Severity.MEDIUM, "V1", "OWASP API8:2023")
def {name}(fact: Listener) -> Iterator[Violation]:
    """Say in one sentence why it matters."""
    yield Violation(UNTOLD, "say what is wrong here", fact.at)
'''


def main() -> int:
    slug, family = sys.argv[1:3]
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)+", slug) or not family:
        print("usage: make new CONTROL=some-slug FAMILY=module", file=sys.stderr)
        return 2
    module = ROOT / "src" / "batten" / "controls" / f"{family}.py"
    page = ROOT / "docs" / "controls" / f"{slug}.md"
    if not module.exists() or page.exists():
        print(f"{module.name} must exist and {page.name} must not", file=sys.stderr)
        return 2
    title = slug.replace("-", " ").capitalize()
    page.write_text(PAGE.format(title=title))
    with module.open("a") as file:
        file.write(JUDGE.format(title=title, name=slug.replace("-", "_")))
    print(
        f"wrote {page.relative_to(ROOT)} and a judge in {module.relative_to(ROOT)}; now `make test K={slug}`"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
