"""A journey played, and what was seen: two plays compare equal when no visitor could see a difference."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator

from chrome import Browser, Message, Tab
from journeys import Journey, Step
from places import Place

from batten.model.record import record

# What differs from one play to the next by itself: tokens, times, the numbers of what is kept.
_PASSING = re.compile(
    rb"""(name="csrfmiddlewaretoken" value=")[^"]*|(\d{4}-\d\d-\d\d[T ])[\d:.]+|(datetime="?)[^">]*|\b(?:[0-2]?\d:[0-5]\d(?::\d\d)?)\b"""
    rb"""|(nginx|Apache|Caddy|HAProxy|envoy)/[\d.]+"""
)
# Swagger UI shows the answer's headers, which fixes may add to, and how many requests a connection still takes.
_HEADERS = re.compile(
    r"(?mi)^ *(?:date|server|via|connection|keep-alive|(?:strict-transport|cross-origin|content|referrer|permissions|x|cache)-[a-z-]+): .*\n?"
)
_BODIES = ("Document", "XHR", "Fetch", "Script", "Stylesheet")


@record
class Seen:
    """What a visitor saw in a play: each step with what the page then said, and all else, in no order."""

    steps: tuple[tuple[str, bool, str], ...]
    answers: Counter[str]
    trouble: Counter[str]
    cookies: Counter[str]

    def whole(self) -> bool:
        """Whether every step came."""
        return all(came for _, came, _ in self.steps)


def play(browser: Browser, journey: Journey, at: Place, scheme: str) -> Seen:
    """The journey in a tab of its own. A step that does not come ends it."""
    origin = at.origin(scheme, journey.host)
    if journey.login:
        origin = origin.replace("://", f"://{journey.login}@")
    with browser.open() as tab:
        steps: list[tuple[str, bool, str]] = []
        answers: dict[str, str] = {}
        for step in journey.steps:
            came = _taken(tab, Step(_of(step.does, at, scheme), step.shows), origin)
            steps.append(
                (
                    step.does[:60],
                    came,
                    _HEADERS.sub("", str(tab.ask("document.body.innerText"))) if came else "",
                )
            )
            tab.settle()
            answers |= {
                key: _shown(tab, key, told)
                for key, told in list(tab.answers.items())  # more may arrive while bodies are fetched
                if key not in answers and "favicon" not in told["url"]
            }
            if not came:
                tab.trouble.append(f"not seen: {step.shows}; under way: {list(tab.pending.values())}")
                break
        cookies = Counter(_cookie(c) for c in tab.cookies())
        return Seen(tuple(steps), Counter(answers.values()), Counter(_clean(tab.trouble)), cookies)


def _of(text: str, at: Place, scheme: str) -> str:
    return re.sub(r"\{([\w.]+\.test)\}", lambda m: at.origin(scheme, m[1]), text)


def _taken(tab: Tab, step: Step, origin: str) -> bool:
    before = len(tab.trouble)
    if step.does.startswith("/"):
        tab.go(origin + step.does)
    else:
        tab.ask("document.documentElement.dataset.old = 1")
        tab.ask(f"(() => {{ {step.does} }})()")
    return tab.shown(step.shows, before)


def _shown(tab: Tab, key: str, answer: Message) -> str:
    headers = answer["headers"]
    body = tab.body(key) if answer["kind"] in _BODIES and answer.get("whole") else b""
    digest = hashlib.sha256(_PASSING.sub(rb"\1\2\3", body)).hexdigest()[:12] if body else ""
    told = (
        answer["kind"],
        answer["url"],
        answer["status"],
        headers.get("content-type", ""),
        headers.get("location", ""),
        digest,
    )
    return " ".join(map(str, told))


def _cookie(cookie: Message) -> str:
    kept = ("name", "domain", "path", "httpOnly", "secure", "sameSite", "session")
    return " ".join(str(cookie.get(name, "")) for name in kept)


def _clean(trouble: list[str]) -> Iterator[str]:
    """Without addresses of lines, which a body's change would move."""
    return (re.sub(r":\d+:\d+\)", ")", t) for t in trouble if "favicon" not in t)


def differences(before: Seen, after: Seen) -> list[str]:
    """What a visitor would notice."""
    found = []
    for old, new in zip(before.steps, after.steps, strict=False):
        if old != new:
            found.append(
                f"step {old[0]!r}: {'did not come' if not new[1] else f'{old[2]!r} became {new[2]!r}'}"
            )
    for name in ("trouble", "answers", "cookies"):
        old_, new_ = getattr(before, name), getattr(after, name)
        found += [f"new {name}: {one}" for one in (new_ - old_)]
        if name != "trouble":
            found += [f"lost {name}: {one}" for one in (old_ - new_)]
    return found
