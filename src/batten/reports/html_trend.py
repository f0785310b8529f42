"""Findings over time, as a chart and its figures: a column for each run, its severities on each other."""

from __future__ import annotations

from collections.abc import Sequence

from batten.engine.trend import WORST_FIRST, Point
from batten.reports import words
from batten.reports.html_text import TableRow, table, text

STEP, WIDTH, HEIGHT = 10, 8, 100  # of a column, in units of the chart


def trend(points: Sequence[Point]) -> str:
    """The chart, its text for those who do not see it, and its table; "" for fewer than two runs."""
    if len(points) < 2:
        return ""
    rows = [_row(point) for point in reversed(points)]
    heads = ("run", *(s.label for s in WORST_FIRST), "problems")
    figures = table("figures", "The figures", heads, rows)
    # `41 findings in the first of 7 runs, 27 in the last`.
    first, last = points[0].total, points[-1].total
    sentence = f"{words.plural(first, 'finding')} in the first of {len(points):,} runs, {last:,} in the last."
    # The days of the first and the last run, or their times where both are of one day.
    ends_first, ends_last = (text(point.started[:10]) for point in (points[0], points[-1]))
    ends_first, ends_last = (
        (ends_first, ends_last) if ends_first != ends_last else (_when(points[0]), _when(points[-1]))
    )
    ends = f"<span>{ends_first}</span><span>{ends_last}</span>"
    highest = max(1, *(point.total for point in points))
    columns = "".join(_column(index, point, highest) for index, point in enumerate(points))
    told = "; ".join(f"{_when(point)}: {words.counts(point.counts)}" for point in points)
    chart = (
        f'<svg role="img" aria-labelledby="chart-title chart-desc" viewBox="0 0 {len(points) * STEP} {HEIGHT}" '
        'preserveAspectRatio="none"><title id="chart-title">Findings of each run by severity</title>'
        f'<desc id="chart-desc">{told}</desc>{columns}</svg>'
    )
    return (
        '<section id="trend" aria-labelledby="trend-title"><h2 id="trend-title">Over time</h2>'
        f"<p>{sentence}</p><figure>{chart}"
        f'<figcaption class="dim">{ends}</figcaption></figure>'
        f"<details><summary>The figures</summary>{figures}</details></section>\n"
    )


def _column(index: int, point: Point, highest: int) -> str:
    """The worst at the bottom, so that what matters most has one base."""
    stacked: list[str] = []
    top = float(HEIGHT)
    for severity, count in point.counts.items():
        if count:
            tall = count * HEIGHT / highest
            top -= tall
            stacked.append(
                f'<rect class="{severity.label}" x="{index * STEP + (STEP - WIDTH) / 2:g}" y="{top:.2f}" '
                f'width="{WIDTH}" height="{tall:.2f}"/>'
            )
    bars = "".join(stacked)
    return f"<g><title>{_when(point)}: {words.counts(point.counts)}</title>{bars}</g>"


def _row(point: Point) -> TableRow:
    counts = (f"{point.counts[s]:,}" for s in WORST_FIRST)
    return TableRow("", (_when(point), *counts, f"{point.problems:,}"))


def _when(point: Point) -> str:
    """The start to the minute, UTC."""
    return text(point.started[:16].replace("T", " "))
