"""What a few answers of a target say about all others: what runs there, and what a path that nobody has is answered with."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass, field
from enum import Enum

from batten.live.baseline import alike
from batten.live.exchange import Answer, Headers, NotAnswered, Question, Request, Response, attempt

BROWSER: Headers = (("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"),)
KEPT = 8 << 20  # bytes of bodies that are remembered for who asks the same
REFUSALS = (403, 429, 503)

Asked = Generator[Question, Answer, Response | NotAnswered]
_Key = tuple[str, str, Headers, bytes]


class Runtime(Enum):
    """What an application is written for, where its answers give it away."""

    PHP = "PHP"
    JAVA = "Java"
    DOTNET = ".NET"
    RUBY = "Ruby"
    PYTHON = "Python"
    NODE = "Node.js"
    GO = "Go"
    ELIXIR = "Elixir"


@dataclass(slots=True)
class Scene:
    """Filled by the first probe (live.probes.scenes); empty for whoever has not looked."""

    roots: list[Response] = field(default_factory=list)  # of its own path and of the host's root
    nothing: list[Response] = field(default_factory=list)  # of a file and of a folder that nobody has
    shown: dict[str, str] = field(default_factory=dict)  # path that a document names -> the document
    documents: dict[str, None] = field(default_factory=dict)  # paths of contracts that it serves of itself
    opened: set[str] = field(default_factory=set)  # products that were found open
    there: set[str] = field(default_factory=set)  # folders in which something was found, "" for the root
    listed: dict[str, None] = field(default_factory=dict)  # files that listings name and the catalogue knows
    asked: int = 0  # questions so far, of all probes
    known: dict[_Key, Response | NotAnswered] = field(default_factory=dict)
    kept: int = 0

    @property
    def runs(self) -> frozenset[Runtime]:
        """The runtimes that answers give away; none where they give nothing away."""
        return frozenset(runtime for answer in (*self.roots, *self.nothing) for runtime in runtimes(answer))

    @property
    def uniform(self) -> bool:
        """Whether a path that nobody has is answered as the root is."""
        return any(answer.status < 400 and self.as_root(answer) for answer in self.nothing)

    def as_root(self, response: Response) -> bool:
        return any(alike(response, root) for root in self.roots)

    def as_nothing(self, response: Response) -> bool:
        return any(alike(response, nothing) for nothing in self.nothing)

    @property
    def refuses(self) -> int:
        """The status with which everything is refused, whether it is there or not; 0 where it is not so."""
        statuses = {answer.status for answer in (*self.roots, *self.nothing)}
        whole = bool(self.roots and self.nothing) and len(statuses) == 1
        return next(iter(statuses & set(REFUSALS)), 0) if whole else 0

    def keep(self, key: _Key, answer: Response | NotAnswered) -> None:
        """Remember an answer, within bounds; a question that failed may be asked again."""
        size = len(answer.body) if isinstance(answer, Response) else 0
        if isinstance(answer, Response) and self.kept + size <= KEPT:
            self.kept += size
            self.known[key] = answer


def looked(
    scene: Scene,
    origin: str,
    path: str,
    headers: Headers = (),
    method: str = "GET",
    body: bytes = b"",
    seconds: float = 0.0,
) -> Asked:
    """The answer to a client without credentials; what was asked for before is not asked for again.

    `path` goes on the wire as it is written. A POST must be a query by its product's documentation. `seconds` 0 is the
    runner's own bound."""
    key = (method, path, headers, body)
    answer = scene.known.get(key)
    if answer is None:
        target = path if path.startswith("/") else f"/{path}"
        request = Request(
            method,
            origin + target,
            headers,
            body,
            target=target,
            anonymous=True,
            reads=method == "POST",
            seconds=seconds,
        )
        answer = yield from attempt(request)
        scene.keep(key, answer)
    return answer


_HEADERS: tuple[tuple[Runtime, str, re.Pattern[str]], ...] = tuple(
    (runtime, name, re.compile(pattern, re.IGNORECASE))  # ours: the table's
    for runtime, name, pattern in (
        (Runtime.PHP, "x-powered-by", r"\bPHP/|\bPleskLin\b"),
        (Runtime.PHP, "server", r"\bPHP/"),
        (Runtime.PHP, "set-cookie", r"PHPSESSID=|laravel_session=|CAKEPHP=|ci_session="),
        (Runtime.PHP, "location", r"\.php(?:$|[?#])"),
        (Runtime.JAVA, "server", r"Jetty|Tomcat|Coyote|WildFly|Undertow|GlassFish|WebLogic|JBoss|akka-http|Netty"),
        (Runtime.JAVA, "x-powered-by", r"Servlet|JSP|JSF|Undertow"),
        (Runtime.JAVA, "x-application-context", r"."),
        (Runtime.JAVA, "set-cookie", r"JSESSIONID="),
        (Runtime.DOTNET, "server", r"Microsoft-IIS|Kestrel|Microsoft-HTTPAPI"),
        (Runtime.DOTNET, "x-powered-by", r"ASP\.NET"),
        (Runtime.DOTNET, "x-aspnet-version", r"."),
        (Runtime.DOTNET, "x-aspnetmvc-version", r"."),
        (Runtime.DOTNET, "set-cookie", r"ASP\.NET_SessionId=|\.AspNetCore\."),
        (Runtime.RUBY, "server", r"Puma|WEBrick|thin\b|Unicorn|Passenger|Mongrel"),
        (Runtime.RUBY, "x-powered-by", r"Passenger|Phusion"),
        (Runtime.RUBY, "x-runtime", r"\d+\.\d{3,}"),
        (Runtime.PYTHON, "server", r"uvicorn|gunicorn|hypercorn|daphne|Werkzeug|waitress|Tornado|aiohttp|CherryPy|Python/|WSGIServer|granian|Cheroot"),
        (Runtime.PYTHON, "set-cookie", r"csrftoken="),
        (Runtime.NODE, "x-powered-by", r"Express|Next\.js|Nuxt|Sails|Koa|Hono"),
        (Runtime.NODE, "set-cookie", r"connect\.sid="),
        (Runtime.ELIXIR, "server", r"Cowboy|Bandit"),
    )
)  # fmt: skip
_BODIES: tuple[tuple[Runtime, re.Pattern[str]], ...] = tuple(
    (runtime, re.compile(pattern))  # ours: the table's
    for runtime, pattern in (
        (
            Runtime.PHP,
            r"\A(?:File not found\.|No input file specified\.)\s*\Z|wp-content/|<b>Fatal error</b>",
        ),
        (
            Runtime.JAVA,
            r"Whitelabel Error Page|\"timestamp\"\s*:[^{}]{0,200}\"path\"\s*:|<title>HTTP Status 40\d",
        ),
        (Runtime.PYTHON, r"\A\{\"detail\":\s?\"Not [Ff]ound\.?\"\}\s*\Z|Using the URLconf defined in"),
        (
            Runtime.NODE,
            r"<pre>Cannot (?:GET|POST) /|\"message\":\"(?:Route GET:|Cannot GET )|__NEXT_DATA__",
        ),
        (Runtime.GO, r"\A404 page not found\s*\Z"),
    )
)
_READ = 20_000  # characters of an answer that are looked through


def runtimes(response: Response) -> set[Runtime]:
    """The runtimes that one answer gives away."""
    found = {
        runtime
        for runtime, name, pattern in _HEADERS
        if any(pattern.search(value) for value in response.all(name))
    }
    text = response.text[:_READ]
    return found | {runtime for runtime, pattern in _BODIES if pattern.search(text)}
