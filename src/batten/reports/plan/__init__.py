"""A plan in one of its formats, each imported only when it is asked for."""

from __future__ import annotations

from batten.engine.plan import Plan

FORMATS = ("terminal", "markdown", "json", "html")


def render(form: str, plan: Plan, *, color: bool = False, width: int = 100) -> str:
    """The plan in one of FORMATS; color and width matter to the terminal only. Its texts must be without secrets
    (`engine/shown.py`). Raises ValueError for a format that does not exist."""
    match form:
        case "terminal":
            from batten.reports.plan import terminal

            return terminal.render(plan, color=color, width=width)
        case "markdown":
            from batten.reports.plan import markdown

            return markdown.render(plan)
        case "json":
            from batten.reports.plan import json

            return json.render(plan)
        case "html":
            from batten.reports.plan import html

            return html.render(plan)
        case _:
            raise ValueError(f"{form!r} is not a format; choose from {', '.join(FORMATS)}")
