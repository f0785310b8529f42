"""Internals in the body of an answer: traces, debuggers, SQL, paths of source files, internal hosts."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from batten.live.exchange import Response
from batten.model.record import record

SCANNED = 200_000  # characters of a body that are looked at
SHORT = 2000  # … and of one whose leaks are remembered


@record
class Leak:
    """`errors_only`: only an error's body is judged by it, because a document may rightly show one."""

    name: str
    pattern: re.Pattern[str]
    debugger: bool = False
    errors_only: bool = False


def _leak(name: str, pattern: str, debugger: bool = False, errors_only: bool = False) -> Leak:
    expression = re.compile(pattern, re.MULTILINE)  # ours: the table below
    return Leak(name, expression, debugger, errors_only)


_SOURCE = r"(?:py|js|ts|jsx|tsx|mjs|cjs|rb|php|java|kt|go|rs|cs|ex|exs|pl|scala)"

LEAKS = (
    _leak("Werkzeug debugger", r"// Werkzeug Debugger</title>|\bEVALEX\s*=\s*true", debugger=True),
    _leak(
        "Django debug page",
        r"you have\s+(?:<code>)?DEBUG\s*=\s*True(?:</code>)?\s+in\s+your\s+Django\s+settings",
        debugger=True,
    ),
    _leak("Starlette debug page", r"<title>Starlette Debugger</title>", debugger=True),
    _leak(
        "Rails debug page",
        r"<title>Action Controller: Exception caught</title>|BetterErrors\b|<code>\s*Rails\.root: /",
        debugger=True,
    ),
    _leak(
        "Sinatra debug page",
        r"enabled the\s+(?:<code>)?show_exceptions(?:</code>)?\s+setting|[\"']/__sinatra__/(?:404|500)\.png",
        debugger=True,
    ),
    _leak("Rack debug page", r"because you use\s+(?:<code>)?Rack::ShowExceptions", debugger=True),
    _leak(
        "Laravel debug page",
        r"window\.ignite\b|<!--\s*(?:Illuminate|Facade)\\|Whoops\\Exception\\",
        debugger=True,
    ),
    _leak(
        "Phoenix debug page",
        r"<title>\w+(?:\.\w+)* at (?:GET|POST|PUT|DELETE) /[\s\S]{0,20000}phoenix",
        debugger=True,
    ),
    _leak(
        "Whoops debug page", r"<div class=\"Whoops container\"|Whoops! There was an error\.", debugger=True
    ),
    _leak(
        "IIS detailed error",
        r"Physical Path[\s\S]{0,80}?[A-Z]:\\\\|Detailed Error Information:",
        debugger=True,
    ),
    _leak("Symfony debug page", r"<div class=\"exception-summary|_profiler/open\?file=", debugger=True),
    _leak(
        "ASP.NET developer page",
        r"An unhandled exception occurred while processing the request\.|<title>[^<]*</title>[\s\S]{0,4000}"
        r"Server Error in '[^']*' Application\.[\s\S]{0,8000}Stack Trace:",
        debugger=True,
    ),
    _leak("Xdebug trace", r"class=[\"']xdebug-error\b|\bxdebug-exception\b|^Xdebug: "),
    _leak(
        "Python traceback",
        r"Traceback \(most recent call last\):\s[\s\S]{0,400}?File \"[^\"\n]+\", line \d+|"
        r"^[ \t]*File \"[^\"\n]+\.py\", line \d+, in [\w<>.]+\s*$",
    ),
    _leak(
        "Node.js stack trace",
        r"^[ \t]*at (?:async )?(?:[\w.$<>\[\] ]+ )?\(?(?:file://|node:)?[^\s()<>]+?(?:\.[cm]?[jt]sx?|node:[\w/]+):\d+:\d+\)?\s*$",
    ),
    _leak(
        "Java stack trace",
        r"^(?:[ \t]*at |[ \t]+)(?:[\w.@-]+/)?(?:[\w$]+\.)+[\w$<>]+\((?:[\w$-]+\.(?:java|kt|scala|groovy):\d+|Native Method)\)",
    ),
    _leak(
        "Java exception class",
        r"\"exception\"\s*:\s*\"(?:[a-z]\w*\.){2,}[A-Z]\w*(?:Exception|Error)\"|"
        r"^(?:[a-z]\w*\.){2,}[A-Z]\w*(?:Exception|Error): ",
        errors_only=True,
    ),
    _leak(
        ".NET stack trace",
        r"^[ \t]*at [\w.<>`\[\],+]+\([^)\n]*\) in (?:[A-Z]:\\|/)[^\n]+:line \d+|"
        r"^[ \t]*at (?:System|Microsoft)\.[\w.<>`\[\],+]+\([^)\n]*\)\s*$",
    ),
    _leak(
        "PHP error",
        r"(?:Fatal error|Warning|Notice|Parse error|Deprecated)(?:</b>)?:\s[^\n]{1,500}? in (?:<b>)?"
        r"(?:/|[A-Z]:\\)[^\n<]+\.php(?:</b>)? on line (?:<b>)?\d+|^#\d+ (?:/|[A-Z]:\\)[^\n]+\.php\(\d+\): |"
        r"\"file\"\s*:\s*\"(?:/|[A-Z]:\\)[^\"\n]+\.php\"\s*,\s*\"line\"\s*:\s*\d+",
    ),
    _leak("Ruby backtrace", r"^[ \t]*(?:from )?[\w./@+-]+\.rb:\d+:in [`'][^'\n]+'"),
    _leak("Go panic", r"\bgoroutine \d+ \[running\]:|^panic: [^\n]+\n[\s\S]{0,500}?\.go:\d+"),
    _leak("Rust panic", r"thread '[^'\n]+' (?:\(\d+\) )?panicked at [^\n]*\.rs:\d+"),
    _leak("Elixir stack trace", r"^[ \t]*\(\w+ [\d.]+\) lib/[\w/.-]+\.exs?:\d+: "),
    _leak("Perl error", r" at (?:/|[A-Z]:\\)\S+\.(?:pl|pm|cgi) line \d+\.?$"),
    _leak(
        "Python exception",
        r"'NoneType' object (?:has no attribute|is not (?:subscriptable|iterable|callable))|invalid literal for int\(\) "
        r"with base \d+|unsupported operand type\(s\) for|\w\(\) missing \d+ required positional argument|"
        r"could not convert string to float|\bNoneType: None\b|"
        r"(?<![\w.])(?!java|jakarta|org\.|com\.|io\.|net\.|kotlin|scala)(?:[a-z_]\w*\.)+[A-Z]\w*(?:Error|Exception)\b[:(]|"
        r"^(?:Key|Attribute|Type|Value|Name|Index|ZeroDivision)Error\b: ",
        errors_only=True,
    ),
    _leak(
        "JavaScript exception",
        r"Cannot read propert(?:y '\w+'|ies) of (?:undefined|null)|\w is not a function\b|"
        r"^(?:TypeError|ReferenceError|RangeError): ",
        errors_only=True,
    ),
    _leak(
        "Go runtime error",
        r"runtime error: (?:invalid memory address|index out of range|slice bounds|integer divide)|"
        r"\bstrconv\.\w+: parsing \"",
        errors_only=True,
    ),
    _leak("Rust error", r"called `(?:Result|Option)::\w+\(\)` on an? `", errors_only=True),
    _leak(
        ".NET exception",
        r"\bSystem\.(?:\w+\.)*\w+Exception\b|\bMicrosoft\.(?:\w+\.)+\w+Exception\b",
        errors_only=True,
    ),
    _leak(
        "Ruby exception",
        r"\bundefined method [`'][^'\n]+' for |\buninitialized constant \w",
        errors_only=True,
    ),
    _leak(
        "SQL error",
        r"SQLSTATE\[\w{5}\]|You have an error in your SQL syntax|\bORA-\d{5}: |"
        r"\bsqlite3\.(?:Operational|Integrity|Programming)Error|\bpsycopg2?\.(?:errors\.)?\w+|"
        r"\bsqlalchemy\.exc\.\w+|\bpymysql\.err\.\w+|\basyncpg\.exceptions\.\w+|"
        r"unterminated quoted string at or near|\bunrecognized token: \"|\b(?:Operational|Programming|Integrity)Error\(|"
        r"\bUnknown column '[^'\n]+' in '|Incorrect syntax near |invalid input syntax for type \w+|"
        r"syntax error at or near \"|near \"[^\"\n]{1,60}\": syntax error|"
        r"\b(?:relation|column) \"[^\"\n]+\" (?:of relation \"[^\"\n]+\" )?does not exist|no such (?:table|column): \w+|"
        r"Unclosed quotation mark after the character string|\bSQLITE_(?:ERROR|CONSTRAINT|MISMATCH)\b|"
        r"\bPrismaClient\w+Error\b|\bSequelize\w*Error\b|\bMongoServerError\b|\borg\.hibernate\.\w+|"
        r"com\.mysql\.(?:cj\.)?jdbc\.\w+|org\.postgresql\.util\.PSQLException|\[SQL: |duplicate key value violates|"
        r"\bdjango\.db\.utils\.\w+|\bActiveRecord::\w+|\bPG::\w+|\bMysql2::Error|\bDoctrine\\\w+|\bQueryFailedError\b|"
        r"\bNpgsql\.\w+|\bSystem\.Data\.\w+|\bjava\.sql\.SQL\w*Exception|\bpq: [a-z]+ |\bpgx?: [a-z]+ |"
        r"\[ODBC [^\]\n]+\]|Microsoft OLE DB Provider|\bKnex:|\bTypeORMError\b|\bsqlx::\w+|UNIQUE constraint failed: \w+",
        errors_only=True,
    ),
    _leak(
        "database error",
        r"\bE11000 duplicate key error|Cast to \w+ failed for value|\bWRONGTYPE Operation against a key|"
        r"\bNOAUTH Authentication required|\bredis\.exceptions\.\w+|\belasticsearch\.exceptions\.\w+|"
        r"\bpymongo\.errors\.\w+|\bcassandra\.\w+\.\w+Exception",
        errors_only=True,
    ),
    _leak(
        "file path",
        rf"(?<![\w/.:@-])/(?:home|usr|srv|app|opt|var|root|code|workspace|Users|build|data|tmp|site)/[\w./@+-]+\.{_SOURCE}\b|"
        rf"\b[A-Z]:\\(?:[\w .+-]+\\)+[\w.+-]+\.(?:{_SOURCE}|vb|aspx|dll)\b|\b(?:src|app|lib)/[\w./-]+\.{_SOURCE}:\d+",
        errors_only=True,
    ),
    _leak(
        "internal host",
        r"(?<![\w-])[\w-]{1,63}\.(?:internal|local|lan|corp|intranet|localdomain)(?::\d{2,5})?(?![\w-]|\.\w)|"
        r"\b(?:10\.\d{1,3}|172\.(?:1[6-9]|2\d|3[01])|192\.168)\.\d{1,3}\.\d{1,3}:\d{2,5}\b|"
        r"\bECONNREFUSED \S+:\d+|\bgetaddrinfo (?:ENOTFOUND|EAI_AGAIN) [\w.-]+|Failed to resolve '[\w.-]+'|"
        r"connection to server at \"[^\"\n]+\"|HTTPConnectionPool\(host='[^']+'",
        errors_only=True,
    ),
)


def leaks(response: Response) -> tuple[Leak, ...]:
    """What the answer's body gives away. An echo of the request's own path, body or host is no leak."""
    if response.media_type.startswith(("image/", "font/", "video/", "audio/", "text/css", "text/javascript")):
        return ()
    if response.media_type in ("application/javascript", "text/markdown", "application/octet-stream"):
        return ()
    text = seen_text(response)
    echo = _plain(
        f"{response.request.url} {response.request.path} {response.request.body.decode('utf-8', 'replace')}"
    )
    told = _told_before if len(text) <= SHORT else _told
    found = told(text, response.status >= 400)
    return tuple(leak for leak, words in found if any(w not in echo for w in words))


def _told(text: str, error: bool) -> tuple[tuple[Leak, tuple[str, ...]], ...]:
    """Each leak that shows in the text, with the words that show it. A debugger shows all the others: its page is long, and
    a server that has one answers with it often."""
    debuggers = tuple(_shown(text, (leak for leak in LEAKS if leak.debugger)))
    if debuggers:
        return debuggers
    return tuple(
        _shown(text, (leak for leak in LEAKS if not leak.debugger and (error or not leak.errors_only)))
    )


def _shown(text: str, asked: Iterable[Leak]) -> Iterator[tuple[Leak, tuple[str, ...]]]:
    for leak in asked:
        if words := tuple({m[0].strip(): None for m in leak.pattern.finditer(text)}):
            yield leak, words


# An API answers most errors with one of a few bodies.
_told_before = lru_cache(maxsize=256)(_told)


def seen_text(response: Response) -> str:
    """The body as people read it; of JSON also each string for itself, where lines begin and end."""
    text = response.text[:SCANNED]
    if not response.media_type.endswith("json"):
        return _plain(text)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return _plain(text)
    return "\n".join([_plain(text), *_strings(document)])


def _strings(document: object) -> Iterator[str]:
    pending = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            pending += value.values()
        elif isinstance(value, list):
            pending += value


def _plain(text: str) -> str:
    """The text as people see it: without JSON's escapes, HTML's entities and line break elements."""
    text = (
        text.replace("\\r", "")
        .replace("\\n", "\n")
        .replace("\\t", "\t")
        .replace('\\"', '"')
        .replace("\\/", "/")
    )
    text = re.sub(r"<br\s*/?>", "\n", text)
    return html.unescape(text).replace("\xa0", " ")
