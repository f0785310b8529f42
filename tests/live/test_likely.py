"""What a target is asked for: what others leave behind most first, and nothing that its runtime cannot have."""

from __future__ import annotations

from pathlib import Path

import pytest

from batten.contract import load
from batten.formats import Workspace
from batten.live.calls import survey_of
from batten.live.catalogue import ITEMS
from batten.live.catalogue.likely import MOST, ordered
from batten.live.exchange import Headers, Request, Response
from batten.live.probes.files import wanted
from batten.live.scene import Runtime, Scene, runtimes
from batten.live.survey import Survey
from batten.policy import Environment


def _answer(headers: Headers = (), body: str = "", status: int = 200) -> Response:
    return Response(status, headers, body.encode(), Request("GET", "http://h/"))


SHOWN: list[tuple[Runtime | None, Response]] = [
    (Runtime.PYTHON, _answer((("Server", "uvicorn"),))),
    (Runtime.PYTHON, _answer((), '{"detail":"Not Found"}', 404)),
    (Runtime.PYTHON, _answer((("Set-Cookie", "csrftoken=a; Path=/"),))),
    (Runtime.NODE, _answer((("X-Powered-By", "Express"),))),
    (Runtime.NODE, _answer((), "<pre>Cannot GET /x</pre>", 404)),
    (Runtime.PHP, _answer((("X-Powered-By", "PHP/8.3.1"),))),
    (Runtime.PHP, _answer((), "File not found.\n", 404)),
    (Runtime.JAVA, _answer((("Set-Cookie", "JSESSIONID=a"),))),
    (Runtime.JAVA, _answer((), "<h1>Whitelabel Error Page</h1>", 404)),
    (Runtime.DOTNET, _answer((("Server", "Kestrel"),))),
    (Runtime.RUBY, _answer((("X-Runtime", "0.012345"),))),
    (Runtime.GO, _answer((("Content-Type", "text/plain"),), "404 page not found\n", 404)),
    (Runtime.ELIXIR, _answer((("Server", "Cowboy"),))),
    (None, _answer((("Server", "nginx"),), "<h1>404 Not Found</h1>", 404)),
    (None, _answer((("Server", "Apache"),))),
]


@pytest.mark.parametrize(("runtime", "answer"), SHOWN)
def test_answers_give_a_runtime_away(runtime: Runtime | None, answer: Response) -> None:
    assert runtimes(answer) == ({runtime} if runtime else set())


def _asked(runtime: Runtime | None) -> list[str]:
    return ordered(ITEMS, frozenset({runtime} if runtime else ()))


OTHERS = {
    Runtime.PYTHON: (
        "/wp-config.php.bak",
        "/phpinfo.php",
        "/web.config",
        "/actuator/env",
        "/package.json",
        "/sidekiq",
    ),
    Runtime.NODE: ("/phpinfo.php", "/settings.py", "/elmah.axd", "/Gemfile"),
    Runtime.PHP: ("/app.py", "/actuator", "/appsettings.json", "/package-lock.json"),
}
OWN = {
    Runtime.PYTHON: ("/settings.py", "/app.py", "/manage.py", "/requirements.txt", "/console"),
    Runtime.NODE: ("/server.js", "/package.json", "/ecosystem.config.js"),
    Runtime.PHP: ("/wp-config.php.bak", "/phpinfo.php", "/composer.json", "/_profiler"),
}


@pytest.mark.parametrize("runtime", OTHERS)
def test_a_runtime_is_not_asked_for_what_only_others_have(runtime: Runtime) -> None:
    asked = _asked(runtime)
    assert not set(OTHERS[runtime]) & set(asked)
    assert set(OWN[runtime]) <= set(asked[:MOST])
    assert {"/.env", "/.git/HEAD", "/backup.sql", "/.bash_history", "/id_rsa", "/docker-compose.yml"} <= set(
        asked[:60]
    )


def test_every_path_of_the_catalogue_is_asked_for_of_some_target() -> None:
    every = {path for item in ITEMS for path in item.asked}
    assert set(_asked(None)) == every
    assert set().union(*(_asked(runtime) for runtime in Runtime)) == every


def test_without_a_contract_the_likeliest_and_with_one_all(tmp_path: Path) -> None:
    environment = Environment("t", "http://h")
    few = wanted(Survey(environment))
    assert len(few.asked) == MOST
    text = '{"openapi": "3.1.0", "paths": {"/x": {"get": {"responses": {"200": {"description": "x"}}}}}}'
    contract = load(Workspace(tmp_path, {"o.json": text}), "o.json")[0]
    all_of_it = wanted(survey_of(environment, contract))
    every = {path for item in ITEMS for path in item.asked}
    assert set(all_of_it.asked) | set(all_of_it.later) >= every
    assert len(all_of_it.asked) > 2 * MOST


def test_what_is_answered_alike_is_known() -> None:
    page = "<!doctype html><html><title>Shop</title><p>a<p>b<p>c</html>"
    scene = Scene(roots=[_answer((), page)], nothing=[_answer((), page)])
    assert scene.uniform
    assert not Scene(roots=[_answer((), page)], nothing=[_answer((), "no", 404)]).uniform
    assert Scene(roots=[_answer(status=403)], nothing=[_answer(status=403)]).refuses == 403
    assert Scene(roots=[_answer(status=403)], nothing=[_answer(status=404)]).refuses == 0
    assert Scene().refuses == 0
