from __future__ import annotations

from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path

import click

from batten.cli.output import place, stop
from batten.controls import adopt, all_controls
from batten.technologies import technologies


@click.command("explain")
@click.argument("slug")
def command(slug: str) -> None:
    """Say what the control SLUG demands, why, how each technology breaks it, and the fix."""
    for technology in technologies().values():
        technology.adapter()
    adopt(place(())[2].custom)
    known = all_controls()
    if slug not in known:
        near = ", ".join(get_close_matches(slug, known, 3))
        stop(
            f"there is no control '{slug}'; " + (f"did you mean {near}?" if near else "see `batten controls`")
        )
    control = known[slug]
    click.echo(page(slug) or f"# {control.title}\n\n{control.why}\n", nl=False)
    click.echo(
        f"\nSeverity {control.severity.label}. Serves {' '.join(control.clauses)}. {', '.join(control.references)}"
    )


def page(slug: str) -> str:
    """The control's page, from the installed package or the checkout."""
    packaged = Path(str(files("batten"))) / "pages" / f"{slug}.md"
    checkout = Path(str(files("batten"))).parent.parent / "docs" / "controls" / f"{slug}.md"
    found = next((p for p in (packaged, checkout) if p.is_file()), None)
    return found.read_text(encoding="utf-8") if found else ""
