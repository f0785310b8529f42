"""Which charts below a chart are installed with it, and the values that each of them gets.

Sources: https://helm.sh/docs/topics/charts/#chart-dependencies,
https://helm.sh/docs/chart_template_guide/subcharts_and_globals/
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.technologies.orchestration.helm.tree import Chart, dependencies, get, text_of
from batten.technologies.orchestration.helm.values import NIL, Value, copied, overlaid
from batten.technologies.orchestration.helm.versions import fits


def settled(root: Chart, given: Value) -> Value:
    """The values of a chart with those of the charts below it. Takes the charts that are off out of the tree."""
    _named(root)
    values = coalesced(root, given)
    _switched(root, values, get(values, "tags"))
    for chart in reversed(list(root.each())):
        _imported(chart)
    return coalesced(root, given)


def coalesced(chart: Chart, given: Value) -> Value:
    """What is given laid over the chart's own values, and below it over those of each chart in it. A null that is given takes
    a key away there, too."""
    if given.unknown or chart.values.unknown:
        return given if given.unknown else chart.values
    base = copied(chart.values)
    made = overlaid(base, given) if isinstance(given.data, dict) else base
    assert isinstance(made.data, dict)
    for below in chart.below:
        told = overlaid(get(base, below.name), get(given, below.name), keep=True)
        own = told if isinstance(told.data, dict) else get(base, below.name)
        shared = made.data.get("global", NIL)
        inner = get(own, "global")
        both = (
            overlaid(inner, shared)
            if isinstance(inner.data, dict) and isinstance(shared.data, dict)
            else copied(shared)
        )
        held = own.data if isinstance(own.data, dict) else {}
        known = both if isinstance(both.data, dict) else inner if isinstance(inner.data, dict) else Value({})
        made.data[below.name] = coalesced(below, Value({**held, "global": known}, own.origin))
    return made.weighed()


def _named(chart: Chart) -> None:
    """Each chart below gets the name, or the names, that the dependencies give it."""
    found: list[Chart] = []
    asked = dependencies(chart.meta)
    for dependency in asked:
        for below in chart.below:
            if _meant(dependency, below):
                found.append(below.under(text_of(dependency, "alias") or below.name, chart.full))
                break
    others = [b for b in chart.below if not any(_meant(d, b) for d in asked)]
    chart.below = [*others, *found]
    for below in chart.below:
        _named(below)


def _meant(dependency: Value, below: Chart) -> bool:
    wanted = text_of(dependency, "version")
    return text_of(dependency, "name") == text_of(below.meta, "name") and (
        not wanted or fits(wanted, text_of(below.meta, "version")) is not False
    )


def _switched(chart: Chart, values: Value, tags: Value) -> None:
    """Take out what a condition, or without one a tag, switches off."""
    asked = {text_of(d, "alias") or text_of(d, "name"): d for d in dependencies(chart.meta)}
    chart.below = [b for b in chart.below if _on(asked.get(b.name, NIL), values, tags)]
    for below in chart.below:
        _switched(below, get(values, below.name), tags)


def _on(dependency: Value, values: Value, tags: Value) -> bool:
    for condition in text_of(dependency, "condition").split(","):
        found = path_of(values, condition.strip()) if condition.strip() else NIL
        if isinstance(found.data, bool):
            return found.data
    named = get(dependency, "tags").data
    known = [get(tags, t.text).data for t in named] if isinstance(named, list) else []
    said = [k for k in known if isinstance(k, bool)]
    return any(said) or not said


def path_of(value: Value, dotted: str) -> Value:
    for key in dotted.split("."):
        value = get(value, key)
    return value


def _imported(chart: Chart) -> None:
    """Values that a chart takes from those below it, under its own."""
    for dependency in dependencies(chart.meta):
        name = text_of(dependency, "alias") or text_of(dependency, "name")
        below = next((b for b in chart.below if b.name == name), None)
        if below is not None and isinstance(get(dependency, "import-values").data, list):
            told = coalesced(below, get(chart.values, name))
            for source, target in _imports(dependency):
                found = path_of(told, source)
                if isinstance(found.data, dict):
                    value = copied(found)
                    for key in reversed([k for k in target.split(".") if k]):
                        value = Value({key: value})
                    chart.values = overlaid(value, chart.values)


def _imports(dependency: Value) -> Iterator[tuple[str, str]]:
    listed = get(dependency, "import-values").data
    for row in listed if isinstance(listed, list) else ():
        if isinstance(row.data, dict):
            yield text_of(row, "child"), text_of(row, "parent")
        else:
            yield f"exports.{row.text}", "."
