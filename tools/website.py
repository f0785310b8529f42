"""The documentation as a site: every page of the repository, and those that are rendered only here, as HTML.

python tools/website.py            writes build/docs (`make docs`)
python tools/website.py FOLDER     writes another folder
python tools/website.py --check    writes nothing, and fails for a link that leads to no page, no heading or no file

Links to pages lead to their HTML. Other files of the repository are not on the site, so a link to one is its text.
"""

from __future__ import annotations

import html
import posixpath
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import inventory
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "build" / "docs"
MENU = {
    "README.md": "batten",
    "docs/commands.md": "commands",
    "docs/policy.md": "batten.yaml",
    "docs/coverage.md": "coverage",
    "docs/controls/README.md": "controls",
    "docs/inventory/README.md": "inventories",
    "docs/watch.md": "watch",
    "docs/harden.md": "harden",
    "docs/guard.md": "guard",
    "CONTRIBUTING.md": "contributing",
    "CHANGELOG.md": "changes",
}
FRAME = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>body{{max-width:64rem;margin:auto;padding:1rem;font:1rem/1.5 system-ui,sans-serif}}nav a{{margin-right:1em}}
table{{display:block;overflow-x:auto;border-collapse:collapse}}td,th{{border:1px solid #bbb;padding:.2em .5em;text-align:left}}
pre{{overflow-x:auto;background:#f4f4f4;padding:.6em}}</style>
<nav>{menu}</nav>
<main>
{body}</main></html>
"""
Pages = dict[str, str]
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def pages() -> Pages:
    """Every page in Markdown by its path in the repository; rendered ones by the path that they would have."""
    kept = (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))
    found = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in sorted(kept)}
    found |= {path.relative_to(ROOT).as_posix(): text for path, text in inventory.pages().items()}
    controls = sorted(name for name in found if name.startswith("docs/controls/"))
    listed = (f"- [{found[name].partition(chr(10))[0][2:]}]({Path(name).name})" for name in controls)
    return found | {"docs/controls/README.md": "\n".join(("# Controls", "", *listed, ""))}


def tokens(text: str) -> list[Token]:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parsed = parser.parse(_COMMENT.sub("", text))
    taken: set[str] = set()
    for at, token in enumerate(parsed):
        if token.type == "heading_open":
            name = base = anchor(parsed[at + 1])
            number = 0
            while name in taken:
                number += 1
                name = f"{base}-{number}"
            taken.add(name)
            token.attrSet("id", name)
    return parsed


def anchor(heading: Token) -> str:
    """A heading's anchor, as repository hosts make it of the text."""
    text = "".join(one.content for one in heading.children or () if one.type in ("text", "code_inline"))
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")


def links(parsed: list[Token]) -> Iterator[tuple[Token, Token]]:
    """Each relative link of a page: its opening and its closing token."""
    for block in parsed:
        opened: Token | None = None
        for token in block.children or ():
            if token.type == "link_open" and not re.match(r"https?:|mailto:", str(token.attrGet("href"))):
                opened = token
            elif token.type == "link_close" and opened is not None:
                yield opened, token
                opened = None


def target(page: str, link: str, known: Pages) -> tuple[str, str]:
    """What a link names: a page or a path of the repository, and the anchor; a folder with a page of its own is that page."""
    path, _, name = link.partition("#")
    place = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page
    index = f"{place}/README.md"
    return index if index in known else place, name


def broken(known: Pages) -> Iterator[str]:
    """Links of all pages that lead to no page, no heading or no file."""
    parsed = {page: tokens(text) for page, text in known.items()}
    anchors = {
        page: {str(one.attrGet("id")) for one in found if one.type == "heading_open"}
        for page, found in parsed.items()
    }
    for page, found in parsed.items():
        for opened, _ in links(found):
            link = str(opened.attrGet("href"))
            place, name = target(page, link, known)
            if place in known and name and name not in anchors[place]:
                yield f"{page}: {place} has no heading #{name}"
            elif place not in known and not (ROOT / place).exists():
                yield f"{page}: there is no {link}"


def rendered(page: str, known: Pages) -> str:
    """A page as HTML, with links to other pages' HTML."""
    parsed = tokens(known[page])
    for opened, closed in links(parsed):
        place, name = target(page, str(opened.attrGet("href")), known)
        if place in known:
            opened.attrSet("href", _address(page, place) + (f"#{name}" if name else ""))
        else:
            for token in (opened, closed):
                token.tag, token.attrs = "span", {}
    menu = " ".join(f'<a href="{_address(page, one)}">{said}</a>' for one, said in MENU.items())
    title = html.escape(known[page].partition("\n")[0].lstrip("# "))
    parser = MarkdownIt("commonmark")
    return FRAME.format(title=title, menu=menu, body=parser.renderer.render(parsed, parser.options, {}))


def _address(page: str, other: str) -> str:
    return posixpath.relpath(_name(other), posixpath.dirname(_name(page)) or ".")


def _name(page: str) -> str:
    return re.sub(r"README\.md$", "index.md", page).removesuffix(".md") + ".html"


def write(folder: Path) -> int:
    """Writes every page below a folder, and returns how many."""
    known = pages()
    for page in known:
        place = folder / _name(page)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(rendered(page, known), encoding="utf-8")
    return len(known)


def main(arguments: list[str]) -> int:
    if errors := list(broken(pages())):
        print("\n".join(errors), file=sys.stderr)
        return 1
    if "--check" not in arguments:
        folder = Path(arguments[0]) if arguments else SITE
        print(f"{write(folder)} pages in {folder}; begin with {folder / 'index.html'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
