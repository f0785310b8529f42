from __future__ import annotations

import sys

import click

from batten.cli.output import stop
from batten.cli.place import known_controls, place
from batten.controls import adopt, all_controls
from batten.files.own import own_text
from batten.policy.nearest import meant
from batten.reports.coverage import coverage
from batten.reports.legible import legible
from batten.reports.page import about, readable
from batten.technologies import technologies

WIDEST = 110  # columns that are pleasant to read


@click.command("explain")
@click.argument("slug")
@click.option("--technology", help="Show only how this technology violates the control, and its fix.")
def command(slug: str, technology: str | None) -> None:
    """Explain the control SLUG: what it requires, why, how an attacker exploits a violation, and how to fix it.

    In a terminal the page is rendered; elsewhere it is printed as Markdown.
    """
    adopt(place(())[2].custom)
    known_controls((slug,))
    control = all_controls()[slug]
    text = readable(page(slug) or f"# {control.title}\n\n{control.why}\n")
    if technology is not None:
        # The headings of the technology's sections, and those of all technologies.
        known = technologies()
        if technology not in known:
            hint = meant(technology, known, f"choose from {', '.join(sorted(known))}")
            stop(f"there is no technology '{technology}'; {hint}")
        wanted = known[technology]
        every = {
            name: {name.lower(), t.title.lower(), t.language.lower()} for name, t in technologies().items()
        }
        text = about(text, *(frozenset(every[wanted.name]), frozenset().union(*every.values())))
    found = coverage().get(control.slug, {})
    lines = [f"Severity {control.severity.label}. Serves {' '.join(control.clauses)}."]
    for word, label in (("fixes", "batten finds and fixes it in"), ("finds", "batten finds it in")):
        names = sorted(name for name, does in found.items() if does == word)
        lines += [f"{label}: {', '.join(names)}."] if names else []
    _show(legible("\n\n".join((text.rstrip("\n"), *lines))))


def page(slug: str) -> str:
    """The control's page, from the installed package or the checkout."""
    return own_text(f"pages/{slug}.md") or own_text(f"../../docs/controls/{slug}.md") or ""


def _show(text: str) -> None:
    if not sys.stdout.isatty():
        click.echo(text)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    screen = Console().size
    console = Console(width=min(screen.width, WIDEST))
    with console.capture() as rendered:
        console.print(Markdown(text, code_theme="ansi_dark", hyperlinks=False))
    if sys.stdin.isatty() and rendered.get().count("\n") > screen.height:
        click.echo_via_pager(rendered.get(), color=True)
    else:
        click.echo(rendered.get(), nl=False)
