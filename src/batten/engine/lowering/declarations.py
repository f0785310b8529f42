"""Rows of batten.yaml that say what an API is meant to be, and what runs: a control has less to report where they allow more."""

from __future__ import annotations

from collections.abc import Iterator

from batten.engine.lowering.decisions import gone
from batten.engine.lowering.lowering import Kind, Lowering
from batten.facts import Content
from batten.model import Severity
from batten.policy import Environment, Policy


def declarations(base: Policy, now: Policy) -> Iterator[Lowering]:
    """What `now` allows that `base` does not, and what of running systems it no longer has assessed."""
    yield from _more("origins", base.origins, now.origins)
    yield from _more("public", base.public, now.public)
    if base.for_browsers and not now.for_browsers:
        yield _declared("browsers", "browsers", "true", "false", "origins", ("browsers",))
    if base.content != now.content:
        yield _declared("content", "content", "as in the base", "changed", "content", ("content",))
    for name, before, after in (
        ("certificate-days", base.certificate_days, now.certificate_days),
        ("hsts-seconds", base.hsts_seconds, now.hsts_seconds),
    ):
        if after < before:
            yield _declared(name, name, f"{before:,}", f"{after:,}", name.replace("-", "_"), (name,))
    if base.contract != now.contract:
        yield _declared(
            "contract",
            "contract",
            base.contract or "found",
            now.contract or "found",
            "contract",
            ("contract",),
        )
    yield from _custom(base, now)
    there = {one.name: one for one in now.environments}
    for one in base.environments:
        other = there.get(one.name)
        if other is None:
            yield _reduced(one.name, "assessed", "removed", ("environments",))
            continue
        for key, environments_before, environments_after in _reductions(one, other):
            yield _reduced(
                f"{one.name}.{key}", environments_before, environments_after, ("environments", one.name, key)
            )
    names = [one.name for one in base.environments if one.name in there]
    order = [one.name for one in now.environments if one.name in names]
    if order != names:
        yield _reduced("environments", ", ".join(names), ", ".join(order), ("environments",))


def _declared(subject: str, key: str, before: str, after: str, needs: str, keys: tuple[str, ...]) -> Lowering:
    return Lowering(
        kind=Kind.DECLARED,
        subject=subject,
        before=before,
        after=after,
        weight=Severity.LOW,
        keys=keys or (key,),
        needs=needs,
    )


def _more(key: str, before: tuple[str, ...], now: tuple[str, ...]) -> Iterator[Lowering]:
    for number, text in enumerate(now):
        if text not in before:
            yield _declared(text, key, f"not in `{key}`", f"in `{key}`", key, (key, str(number)))


def _custom(base: Policy, now: Policy) -> Iterator[Lowering]:
    there = {row.slug: row for row in now.custom}
    for row in base.custom:
        other = there.get(row.slug)
        if other == row or row.slug in base.off:
            continue
        after = "removed" if other is None else "changed"
        if other is not None and other.severity < row.severity:
            after = other.severity.label
        yield Lowering(
            kind=Kind.CONTROL,
            subject=row.slug,
            before=row.severity.label,
            after=after,
            weight=row.severity,
            keys=("custom",),
            needs="custom",
        )


def _reduced(subject: str, before: str, after: str, keys: tuple[str, ...]) -> Lowering:
    return Lowering(
        kind=Kind.ENVIRONMENT,
        subject=subject,
        before=before,
        after=after,
        weight=Severity.MEDIUM,
        keys=keys,
        needs="environments",
    )


def _reductions(one: Environment, other: Environment) -> Iterator[tuple[str, str, str]]:
    """The key, what it was and what it is, of all by which an environment is assessed less, or elsewhere."""
    for key, before, after in (
        ("url", one.url, other.url),
        ("plain", one.plain, other.plain),
        ("contract", one.contract, other.contract),
        ("ca", one.ca, other.ca),
    ):
        if before != after and (before or key == "ca"):
            yield key, before or "not set", after or "removed"
    for key, many, fewer in (
        ("stores", one.stores, other.stores),
        ("tls", one.tls, other.tls),
        ("assets", one.assets, other.assets),
        ("headers", tuple(one.headers), tuple(other.headers)),
        ("roles", tuple(one.roles), tuple(other.roles)),
        ("differences", other.differences, one.differences),
    ):
        lost = gone(many, fewer)
        if lost:
            yield (
                key,
                *(("not listed", ", ".join(lost)) if key == "differences" else (", ".join(lost), "removed")),
            )
    for key, was, now in (
        ("active", one.active, other.active),
        ("default-credentials", one.default_credentials, other.default_credentials),
        ("try-logins", one.try_logins, other.try_logins),
        ("smuggling", one.smuggling, other.smuggling),
    ):
        if was and not now:
            yield key, "true", "false"
    if one.budget > other.budget:
        yield "budget", f"{one.budget:,}", f"{other.budget:,}"
    if one.content is not other.content and other.content is not Content.UNKNOWN:
        yield "content", one.content.value, other.content.value
