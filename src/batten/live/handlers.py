"""What made the body of an error: which debugger, framework or database, by what only it writes.

Sources: each framework's own pages and the folders that its packages are installed in (`node_modules/express`,
`site-packages/flask`, `org.springframework`), and the databases' documented messages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from batten.live.exchange import Response
from batten.live.leaks import Leak, seen_text
from batten.model.record import record

PASSWORD = "password of an account"


@record
class Handler:
    """`kind` is one word for all that one handler answers, whichever request brought it about; `words` name it with their
    article; `beside` is what its answer shows that the handler alone would not."""

    kind: str
    words: str
    beside: tuple[str, ...] = ()


@record
class _LeakRow:
    """A kind of leak; `kind` and `words` are those where none of the patterns tells more."""

    leak: str
    kind: str
    words: str
    finer: tuple[tuple[re.Pattern[str], str], ...] = ()


def _row(leak: str, kind: str, words: str, *finer: tuple[str, str]) -> _LeakRow:
    """Patterns are ours: the table below."""
    compiled = tuple((re.compile(pattern), more) for pattern, more in finer)  # ours: the rows'
    return _LeakRow(leak, kind, words, compiled)


def _package(name: str) -> str:
    """A frame in a package of Node's: below node_modules, or where Debian puts them."""
    return rf"(?:node_modules|/nodejs)/(?:\.pnpm/[^\s/]+/node_modules/)?{name}/"


def _module(name: str) -> str:
    return rf"(?:site-packages|dist-packages)/{name}/"


# In the order of what an answer is named by, where it shows several.
ROWS = (
    _row(PASSWORD, "password", "the password of an account"),
    _row(
        "Werkzeug debugger", "werkzeug", "the Werkzeug debugger",
        (r"\bEVALEX\s*=\s*true", "the Werkzeug debugger, whose console runs Python code"),
    ),
    _row("Django debug page", "django", "a Django debug page"),
    _row("Starlette debug page", "starlette", "a Starlette debug page"),
    _row(
        "Rails debug page", "rails", "a Rails debug page",
        (r"BetterErrors\b", "a Better Errors page of Rails, whose console runs Ruby code"),
        (r"data-template=.console|web-console|WebConsole", "a Rails debug page, whose console runs Ruby code"),
    ),
    _row("Sinatra debug page", "sinatra", "a Sinatra debug page"),
    _row("Rack debug page", "rack", "a Rack debug page"),
    _row("Laravel debug page", "laravel", "a Laravel debug page", (r"window\.ignite\b", "a Laravel Ignition page")),
    _row("Phoenix debug page", "phoenix", "a Phoenix debug page"),
    _row("Whoops debug page", "whoops", "a Whoops debug page"),
    _row("IIS detailed error", "iis", "a detailed error page of IIS"),
    _row("Symfony debug page", "symfony", "a Symfony debug page"),
    _row("ASP.NET developer page", "asp.net", "an ASP.NET developer exception page"),
    _row("Xdebug trace", "php", "an Xdebug trace"),
    _row(
        "Python traceback", "python", "a Python traceback",
        (r"/starlette/middleware/errors\.py", "a Starlette traceback"),
        *((_module(n), f"a {w} traceback") for n, w in (
            ("django", "Django"), ("flask", "Flask"), ("quart", "Quart"), ("fastapi", "FastAPI"), ("litestar", "Litestar"),
            ("starlette", "Starlette"), ("tornado", "Tornado"), ("sanic", "Sanic"), ("bottle", "Bottle"), ("falcon", "Falcon"),
        )),
        (_module("aiohttp"), "an aiohttp traceback"),
    ),
    _row(
        "Node.js stack trace", "node", "a Node.js stack trace",
        (_package("@nestjs"), "a NestJS stack trace"), (_package("next"), "a Next.js stack trace"),
        (_package("fastify"), "a Fastify stack trace"), (_package("koa"), "a Koa stack trace"),
        (_package("@hapi"), "a hapi stack trace"), (_package("(?:express|router|finalhandler)"), "an Express stack trace"),
    ),
    _row(
        "Java stack trace", "java", "a Java stack trace",
        (r"Whitelabel Error Page", "a Spring Whitelabel page with its trace"),
        (r"\borg\.springframework\.", "a Spring stack trace"), (r"\bio\.quarkus\.", "a Quarkus stack trace"),
        (r"\bio\.micronaut\.", "a Micronaut stack trace"), (r"\borg\.apache\.catalina\.", "a Tomcat stack trace"),
        (r"\borg\.eclipse\.jetty\.", "a Jetty stack trace"),
    ),
    _row(".NET stack trace", "dotnet", "a .NET stack trace", (r"\bMicrosoft\.AspNetCore\.", "an ASP.NET Core stack trace")),
    _row(
        "PHP error", "php", "a PHP error",
        (r"\bWarning(?:</b>)?:\s", "a PHP warning"), (r"\bFatal error(?:</b>)?:\s", "a fatal error of PHP"),
        (r"\b(?:Notice|Deprecated)(?:</b>)?:\s", "a PHP notice"),
    ),
    _row(
        "Ruby backtrace", "ruby", "a Ruby backtrace",
        (r"/(?:actionpack|railties)-[\d.]+/", "a Rails backtrace"), (r"/sinatra-[\d.]+/", "a Sinatra backtrace"),
        (r"/grape-[\d.]+/", "a Grape backtrace"), (r"/rack-[\d.]+/", "a Rack backtrace"),
    ),
    _row("Go panic", "go", "a Go panic"),
    _row("Rust panic", "rust", "a Rust panic"),
    _row("Elixir stack trace", "elixir", "an Elixir stack trace"),
    _row("Perl error", "perl", "a Perl error"),
    _row(
        "SQL error", "sql", "a SQL error",
        (r"(?i)\bpsycopg|\basyncpg|postgresql|\bPG::|\bNpgsql|\bpq: |\bpgx?: |at or near \"|invalid input syntax for type|"
         r"(?:relation|column) \"[^\"\n]+\" .{0,80}does not exist", "a SQL error of PostgreSQL"),
        (r"(?i)sqlite|unrecognized token: \"|near \"[^\"\n]{1,60}\": syntax error|no such (?:table|column): |UNIQUE constraint failed",
         "a SQL error of SQLite"),
        (r"(?i)mysql|mariadb|Unknown column '", "a SQL error of MySQL"),
        (r"\bORA-\d{5}: ", "a SQL error of Oracle"),
        (r"Incorrect syntax near |Unclosed quotation mark|\bSystem\.Data\.SqlClient", "a SQL error of SQL Server"),
    ),
    _row(
        "database error", "database", "an error of the database",
        (r"(?i)mongo|E11000|Cast to \w+ failed", "an error of MongoDB"), (r"(?i)redis|WRONGTYPE|NOAUTH", "an error of Redis"),
        (r"(?i)elasticsearch", "an error of Elasticsearch"), (r"(?i)cassandra", "an error of Cassandra"),
    ),
    *(
        _row(f"{what}", f"{what} in words", f"the message of {'an' if what[0] in 'AEIO' else 'a'} {what}")
        for what in ("Python exception", "JavaScript exception", ".NET exception", "Ruby exception", "Go runtime error", "Rust error")
    ),
    _row("Java exception class", "Java exception in words", "the class of a Java exception"),
    _row("file path", "file path", "the path of a source file"),
    _row("internal host", "internal host", "the address of an internal host"),
)  # fmt: skip
_BY_LEAK = {row.leak: number for number, row in enumerate(ROWS)}
_TRACE = _BY_LEAK["Perl error"]  # the last that is a debugger or a trace
_IN_TRACES = frozenset({"file path"}) | {row.leak for row in ROWS if row.kind.endswith(" in words")}


def handler_of(response: Response, leaks: Iterable[Leak], password: bool = False) -> Handler:
    """What made the answer. Raises ValueError when it shows nothing."""
    names = {leak.name for leak in leaks} | ({PASSWORD} if password else set())
    numbers = sorted(_BY_LEAK[name] for name in names)
    if not numbers:
        raise ValueError("an answer that shows nothing has no handler")
    text = seen_text(response)
    first, *others = (ROWS[number] for number in numbers)
    # Whether it is what Starlette's debug mode sends to clients that want no page.
    kind = (
        first.kind
        if first.leak != "Python traceback"
        or not (text.lstrip().startswith("Traceback") and "/starlette/middleware/errors.py" in text)
        else "starlette"
    )
    # Whatever shows a trace shows exceptions and paths; one debugger is not another's news.
    beside: list[str] = []
    traced = _BY_LEAK[first.leak] <= _TRACE and first.leak != PASSWORD
    for row in others:
        if not traced or (row.leak not in _IN_TRACES and _BY_LEAK[row.leak] > _TRACE):
            beside.append(_words(row, text))
    return Handler(kind, _words(first, text), tuple(beside))


def _words(row: _LeakRow, text: str) -> str:
    return next((words for pattern, words in row.finer if pattern.search(text)), row.words)
