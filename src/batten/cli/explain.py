from __future__ import annotations

from difflib import get_close_matches

import click

from batten.cli.output import place, stop
from batten.controls import adopt, all_controls
from batten.files.own import own_text
from batten.technologies import technologies


@click.command("explain")
@click.argument("slug")
def command(slug: str) -> None:
    """Explain the control SLUG: what it requires, why, how each technology violates it, and the fix."""
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
    return own_text(f"pages/{slug}.md") or own_text(f"../../docs/controls/{slug}.md") or ""
