from __future__ import annotations

import json

import click

from batten.cli.output import say
from batten.cli.place import place
from batten.cli.wanted import SEVERITIES
from batten.controls import Control, adopt, all_controls
from batten.model import Severity
from batten.reports.coverage import coverage
from batten.technologies import technologies


@click.command("controls")
@click.option("--severity", type=SEVERITIES, help="Only controls of this severity or above.")
@click.option("--family", help="Only controls of this family: transport, headers, cors …")
@click.option("--clause", help="Only controls that serve this clause of the mission: V4, S2, P7 …")
@click.option("--technology", help="Only controls that are found in this technology, or `live`.")
@click.option("--search", help="Only controls whose slug, title or reason contains this text.")
@click.option(
    "--format",
    "form",
    type=click.Choice(("terminal", "json")),
    default="terminal",
    show_default=True,
    help="Output format.",
)
def command(
    severity: str | None,
    family: str | None,
    clause: str | None,
    technology: str | None,
    search: str | None,
    form: str,
) -> None:
    """List controls: severity, slug and requirement."""
    for loaded in technologies().values():
        loaded.adapter()
    adopt(place(())[2].custom)
    found = coverage()
    chosen = [
        control
        for control in all_controls().values()
        if (severity is None or control.severity >= Severity.named(severity))
        and (family is None or control.family == family)
        and (clause is None or clause.upper() in control.clauses)
        and (technology is None or technology in found.get(control.slug, {}))
        and (search is None or search.lower() in _words(control))
    ]
    if form == "json":
        click.echo(
            json.dumps(
                [
                    {
                        "slug": control.slug,
                        "title": control.title,
                        "severity": control.severity.label,
                        "family": control.family,
                        "clauses": list(control.clauses),
                        "references": list(control.references),
                        "why": control.why,
                        "found": found.get(control.slug, {}),
                    }
                    for control in chosen
                ],
                indent=2,
            )
        )
        return
    for control in chosen:
        say(f"{control.severity.label:<8}  {control.slug:<28}  {control.title}")
    if not chosen:
        say("no control matches; `batten controls` lists all")


def _words(control: Control) -> str:
    return f"{control.slug} {control.title} {control.why}".lower()
