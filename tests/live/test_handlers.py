"""What made the body of an error is named by what only it writes."""

from __future__ import annotations

import pytest

from batten.facts import ErrorBody
from batten.live.handlers import PASSWORD, ROWS
from batten.live.leaks import LEAKS
from batten.live.reading import read_transcript

PYTHON = 'Traceback (most recent call last):\n  File "{}", line 41, in find\nKeyError: 7\n'
NODE = "TypeError: no number\n    at find (/srv/shop/orders.js:41:9)\n    at next ({}:95:3)\n"
JAVA = "java.lang.IllegalStateException: no\n\tat shop.Orders.find(Orders.java:41)\n\tat {}(Filter.java:9)\n"

MADE = [
    ("<title>KeyError // Werkzeug Debugger</title><script>EVALEX = false</script>", "werkzeug", "the Werkzeug debugger"),
    ("<title>KeyError // Werkzeug Debugger</title><script>EVALEX = true</script>", "werkzeug",
     "the Werkzeug debugger, whose console runs Python code"),
    ("<p>you have <code>DEBUG = True</code> in your Django settings file</p>", "django", "a Django debug page"),
    ("<title>Starlette Debugger</title>", "starlette", "a Starlette debug page"),
    ("<script>window.ignite({})</script>", "laravel", "a Laravel Ignition page"),
    (PYTHON.format("/usr/lib/python3/dist-packages/flask/app.py"), "python", "a Flask traceback"),
    (PYTHON.format("/app/venv/lib/python3.11/site-packages/rest_framework/views.py"), "python", "a Python traceback"),
    (PYTHON.format("/app/venv/lib/python3.11/site-packages/django/core/handlers/base.py"), "python", "a Django traceback"),
    (PYTHON.format("/app/lib/python3.11/site-packages/starlette/middleware/errors.py"), "starlette", "a Starlette traceback"),
    (NODE.format("/srv/shop/node_modules/express/lib/router/layer.js"), "node", "an Express stack trace"),
    (NODE.format("/srv/shop/node_modules/router/lib/layer.js"), "node", "an Express stack trace"),
    (NODE.format("/usr/share/nodejs/express/lib/router/layer.js"), "node", "an Express stack trace"),
    (NODE.format("/srv/node_modules/.pnpm/fastify@5.0.0/node_modules/fastify/lib/route.js"), "node", "a Fastify stack trace"),
    (NODE.format("/srv/shop/lib/other.js"), "node", "a Node.js stack trace"),
    (JAVA.format("org.springframework.web.filter.OncePerRequestFilter.doFilter"), "java", "a Spring stack trace"),
    (JAVA.format("shop.Filter.doFilter"), "java", "a Java stack trace"),
    ("<h1>Whitelabel Error Page</h1>\n" + JAVA.format("org.springframework.web.Filter.a"), "java",
     "a Spring Whitelabel page with its trace"),
    ("<b>Warning</b>: Undefined variable in <b>/srv/a.php</b> on line <b>3</b>", "php", "a PHP warning"),
    ("An unhandled exception occurred while processing the request.", "asp.net", "an ASP.NET developer exception page"),
    ('ERROR: syntax error at or near "x"', "sql", "a SQL error of PostgreSQL"),
    ('near "x": syntax error', "sql", "a SQL error of SQLite"),
    ("You have an error in your SQL syntax; check the manual that corresponds to your MariaDB server", "sql", "a SQL error of MySQL"),
    ("SQLSTATE[42000]", "sql", "a SQL error"),
    ("E11000 duplicate key error collection", "database", "an error of MongoDB"),
]  # fmt: skip


def _made(body: str) -> ErrorBody:
    answer = f"HTTP/1.1 500 Internal Server Error\nContent-Type: text/html\n\n{body}"
    (found,) = (
        f for f in read_transcript("https://api.example.com/v1/orders", answer) if isinstance(f, ErrorBody)
    )
    return found


@pytest.mark.parametrize(("body", "kind", "words"), MADE, ids=[words for *_, words in MADE])
def test_what_made_an_error_is_named(body: str, kind: str, words: str) -> None:
    made = _made(body)
    assert (made.handler, made.cause) == (kind, words)


def test_a_trace_is_named_with_what_it_shows_beside() -> None:
    trace = NODE.format("/srv/shop/node_modules/express/lib/router/layer.js")
    made = _made(f'SQLITE_ERROR: near "x": syntax error\n{trace}')
    assert (made.cause, made.beside) == ("an Express stack trace", ("a SQL error of SQLite",))


def test_every_leak_has_a_handler() -> None:
    assert {leak.name for leak in LEAKS} | {PASSWORD} == {row.leak for row in ROWS}
