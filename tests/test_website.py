"""The documentation's site: every page is rendered, those that the repository does not keep included, and every link holds."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote

import pytest

from batten.technologies import technologies
from batten.technologies.shared.inventory import inventory

ROOT = Path(__file__).resolve().parent.parent
LISTED = [name for name in technologies() if inventory(name) is not None]


@pytest.fixture
def website(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "tools")
    return importlib.import_module("website")


def inventories(*words: str) -> subprocess.CompletedProcess[str]:
    line = (sys.executable, "tools/inventory.py", *words)
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)


def test_every_page_is_on_the_site_and_its_links_lead_to_pages(website: ModuleType, tmp_path: Path) -> None:
    website.write(tmp_path)
    pages = sorted(tmp_path.rglob("*.html"))
    kept = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    assert (
        len(pages) == len(kept) + len(LISTED) + 3
    )  # the overview, AWS's condition keys, the list of controls
    texts = {page: page.read_text() for page in pages}
    for page, text in texts.items():
        for link in re.findall(r'href="(?!https?:|mailto:)([^"]*)"', text):
            path, _, name = unquote(link).partition("#")
            place = (page.parent / path).resolve() if path else page
            assert place in texts, f"{page.name}: {link}"
            assert not name or f'id="{name}"' in texts[place], f"{page.name}: {link}"


def test_every_inventory_is_a_page_of_the_site_and_none_of_the_repository(website: ModuleType) -> None:
    known = website.pages()
    assert {f"docs/inventory/{name}.md" for name in (*LISTED, "README", "aws-condition-keys")} <= set(known)
    assert not (ROOT / "docs" / "inventory").exists()
    page = website.rendered("docs/inventory/nginx.md", known)
    assert "<code>ssl_protocols</code>" in page and 'href="../controls/tls-version.html"' in page


def test_a_link_that_leads_nowhere_is_named(website: ModuleType) -> None:
    known = {
        "README.md": "# A\n\n[a](docs/b.md#two-words) [b](docs/b.md#three) [c](docs/c.md) [d](src/batten)\n",
        "docs/b.md": "# B\n\n## Two words\n\n[a](../README.md#a) [b](#b) [c](#c)\n",
    }
    assert list(website.broken(known)) == [
        "README.md: docs/b.md has no heading #three",
        "README.md: there is no docs/c.md",
        "docs/b.md: docs/b.md has no heading #c",
    ]


def test_a_link_to_a_file_that_is_not_a_page_is_its_text(website: ModuleType) -> None:
    known = {"README.md": "# A\n\n[the code](src/batten) <script>\n"}
    body = website.rendered("README.md", known).partition("<main>")[2]
    assert "<span>the code</span> &lt;script&gt;" in body


def test_a_page_of_an_inventory_is_printed() -> None:
    assert inventories("redis").stdout.startswith("# ") and "| `requirepass` |" in inventories("redis").stdout
    missing = inventories("no_such")
    assert missing.returncode == 2 and "no inventory of 'no_such'" in missing.stderr


def test_the_check_names_rows_and_links_that_do_not_hold(website: ModuleType) -> None:
    module = importlib.import_module("inventory")
    place = module.PAGES / "a.md"
    text = "| a | b |\n|---|---|\n| `x` | one | two |\n| `y\\|z` | [no](../controls/no.md) |\n"
    found = list(module.wrong({place: text}))
    assert found == ["a.md: 3 cells in a table of 2: | `x` | one | two |", "a.md: no page ../controls/no.md"]
    assert inventories("--check").returncode == 0
