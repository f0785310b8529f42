from __future__ import annotations

import click

from batten.cli.output import place, say
from batten.controls import adopt, all_controls
from batten.technologies import technologies


@click.command("controls")
def command() -> None:
    """List every control: its severity, slug and requirement."""
    for technology in technologies().values():
        technology.adapter()
    adopt(place(())[2].custom)
    for slug, control in all_controls().items():
        say(f"{control.severity.label:<8}  {slug:<28}  {control.title}")
