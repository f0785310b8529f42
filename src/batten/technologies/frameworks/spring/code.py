"""What beans of Spring Security and Spring MVC say in Java and Kotlin: who is admitted by default, and which origins may read.

Sources: https://docs.spring.io/spring-security/reference/servlet/authorization/authorize-http-requests.html,
https://docs.spring.io/spring-security/reference/kotlin/expressions.html and
https://docs.spring.io/spring-framework/reference/web/webmvc-cors.html. The code is not compiled: what stands in comments is blanked, and
of chains that are for some paths, for a profile, or beside rules at methods nothing is said.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from itertools import pairwise

from batten.facts import CorsPolicy, Fact, Feature, OriginKind, OriginRule
from batten.formats import Unreadable, Workspace
from batten.model import ABSENT, Location, Setting, Span, Switch
from batten.model.record import record

SOURCES = (".java", ".kt")
MOST_FILES = 2_000  # looked at for the chain of one application
_TOKENS = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*(?:"""|\Z)|"(?:[^"\\\n]|\\.)*"?|\'(?:[^\'\\\n]|\\.)*\'?'
    r"|(?P<comment>//[^\n]*|/\*[^*]*(?:\*(?!/)[^*]*)*(?:\*/|\Z))",
    re.DOTALL,
)
_PRINTED = re.compile(r"[^\r\n]+")
_OPEN = re.compile(
    r"\.anyRequest\(\)\s*\.permitAll\(\)|\bauthorize\(\s*anyRequest\s*,\s*permitAll\s*\)"
    r"|\.anyExchange\(\)\s*\.permitAll\(\)|\bauthorize\(\s*anyExchange\s*,\s*permitAll\s*\)"
)
_CHAIN = re.compile(r"\bSecurity(?:Web)?FilterChain\b")
_PARTIAL = re.compile(
    r"\bsecurityMatchers?\s*\(|\b(?:ant|request|mvc)Matcher\s*\(|@Profile\b|@Conditional|@Enable(?:Global|Reactive)?MethodSecurity\b"
)
_ACTUATOR = re.compile(r"\bEndpointRequest\b|/actuator\b|/management\b")
# A rule that lets everyone reach every endpoint.
_ACTUATOR_OPEN = re.compile(
    r"\b(?:request|ant|mvc|path)Matchers\((?:[^()]{0,200}\"/actuator/\*\*?\"|\s*EndpointRequest\s*\.\s*toAnyEndpoint\(\))"
    r"[^()]{0,200}\)\s*\.\s*permitAll\(\)"
)
_LIST = r"(?:(?:Arrays\.asList|List\.of|listOf|Collections\.singletonList)\(\s*)?"
_ORIGINS = re.compile(
    rf"\b(?:set|add)?(?P<how>[aA]llowedOriginPatterns?|[aA]llowedOrigins?)\s*(?:\(|=)\s*{_LIST}(?P<value>\"\*\")|"
    r"@CrossOrigin\(\s*(?:(?P<named>origins|value|originPatterns)\s*=\s*)?(?P<given>\"\*\")"
)
_CREDENTIALS = re.compile(
    r"\b(?:setAllowCredentials|allowCredentials)\s*\(\s*(?P<on>true|false)|\ballowCredentials\s*=\s*\"?(?P<set>true|false)"
)
_METHOD = re.compile(r"@Bean\b|\bfun\s+\w+\s*\(|@CrossOrigin\b")


def is_code(path: str) -> bool:
    return path.endswith(SOURCES)


def facts(path: str, workspace: Workspace) -> Iterator[Fact]:
    """What one file of code says. Raises Unreadable."""
    text = _bare(workspace.text(path).text)
    for found in _opened(text):
        at = Location(path, "anyRequest", Span(*found.span()))
        what = "Spring Security's filter chain (`anyRequest().permitAll()`)"
        yield Feature(at, Switch.OPEN_BY_DEFAULT, Setting(True, at), what)
    number = 0
    for group in _groups(text):
        for found in group.origins:
            # `*` by name admits every origin; as a pattern it answers with the origin of the request, so it goes with
            # credentials.
            said = group.credentials
            policy_at = Location(
                path, f"cors[{number}]", Span(*found.span("value" if found["value"] else "given"))
            )
            pattern = "pattern" in (found["how"] or found["named"] or "").lower()
            kind = OriginKind.REFLECTED if pattern else OriginKind.ANY
            on = said is not None and "true" in (said["on"], said["set"])
            yield CorsPolicy(
                policy_at,
                origins=Setting((OriginRule(kind, Setting("*", policy_at)),), policy_at),
                credentials=Setting(on, policy_at) if said is not None else Setting(ABSENT, policy_at, False),
                methods=Setting(ABSENT, policy_at),
                headers=Setting(ABSENT, policy_at),
                varies=Setting(True, policy_at),
            )
            number += 1


def admits_all(folder: str, workspace: Workspace) -> bool:
    """Whether a chain of the application below a folder admits everyone to every endpoint of the actuator, or every request
    that no rule of it names, where its rules do not name the actuator: a chain of the application's own replaces the one that
    would."""
    return workspace.kept(("spring chain", folder), lambda: _admits_all(folder, workspace))


def _admits_all(folder: str, workspace: Workspace) -> bool:
    opened = False
    for path in _sources(posixpath.join(folder, "src/main"), workspace):
        try:
            text = workspace.text(path).text
        except Unreadable:
            return False
        if _CHAIN.search(text):
            bare = _bare(text)
            if _ACTUATOR_OPEN.search(bare):
                return True
            if _ACTUATOR.search(bare):
                return False
            opened = opened or any(True for _ in _opened(bare))
    return opened


def _sources(folder: str, workspace: Workspace) -> Iterator[str]:
    waiting, count = [folder], 0
    while waiting:
        here = waiting.pop()
        for path in workspace.entries(here) if workspace.is_directory(here) else ():
            count += 1
            if count > MOST_FILES:
                return
            if is_code(path):
                yield path
            elif "." not in posixpath.basename(path):
                waiting.append(path)


def _opened(text: str) -> Iterator[re.Match[str]]:
    if _CHAIN.search(text) and not _PARTIAL.search(text):
        yield from _OPEN.finditer(_TOKENS.sub(_blanked, text))


@record
class _Group:
    """What a bean or a handler says of origins, and of credentials if it does."""

    origins: list[re.Match[str]]
    credentials: re.Match[str] | None


def _groups(text: str) -> Iterator[_Group]:
    starts = [0, *(found.start() for found in _METHOD.finditer(text)), len(text)]
    for start, end in pairwise(starts):
        origins = list(_ORIGINS.finditer(text, start, end))
        if origins:
            yield _Group(origins, _CREDENTIALS.search(text, start, end))


def _bare(text: str) -> str:
    """The code with blanks for its comments: all else stays where it is."""
    return _TOKENS.sub(lambda m: _blanked(m) if m["comment"] else m[0], text)


def _blanked(found: re.Match[str]) -> str:
    return _PRINTED.sub(_blank, found[0])


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])
