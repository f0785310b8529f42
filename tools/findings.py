"""Write, after each `bad` block of tests/pages, what is found in it. Read the difference before you commit it."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from batten import masking  # noqa: E402
from test_pages import FENCE, FIXTURES, examples, found_in, told  # noqa: E402


def rewritten(fixture: Path, folder: Path) -> str:
    """The fixture with a `findings` block of today after each `bad` block."""
    text = fixture.read_text()
    for example in reversed([e for e in examples(fixture) if e.kind == "bad"]):
        masking.forget()  # what one example holds is not masked in another
        after = FENCE.match(text, len(text) - len(text[example.end :].lstrip("\n")))
        end = after.end() if after is not None and after["language"] == "findings" else example.end
        block = f"```findings\n{told(found_in(example, folder))}```"
        text = f"{text[: example.end]}\n{block}{text[end:]}"
    return text


def main() -> int:
    wanted = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        for fixture in sorted(FIXTURES.glob("*/*.md")):
            if not wanted or fixture.parent.name in wanted:
                text = rewritten(fixture, Path(folder))
                if text != fixture.read_text():
                    fixture.write_text(text)
                    print(fixture.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
