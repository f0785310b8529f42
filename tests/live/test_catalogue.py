"""Contents prove what they are and nothing else does; nobody's answer makes a proof take long."""

from __future__ import annotations

import pytest

from batten.live.banners import told
from batten.live.baseline import sibling
from batten.live.catalogue import ITEMS, proved
from batten.live.evidence import redact, sight
from batten.live.exchange import Request, Response
from batten.live.leaks import LEAKS
from batten.live.products import PRODUCTS
from batten.live.survey import CHANGES, acts
from spending import at_most


def _answer(body: str | bytes, path: str = "/", media: str = "text/plain", status: int = 200) -> Response:
    content = body.encode() if isinstance(body, str) else body
    request = Request("GET", f"http://api.example.com{path}", target=path)
    return Response(status, (("Content-Type", media),), content, request)


def test_the_catalogue_is_large_and_all_of_it_is_asked_for() -> None:
    assert len(ITEMS) >= 300
    assert len({path for item in ITEMS for path in item.asked}) >= 600
    assert all(item.asked and all(path.startswith("/") for path in item.paths) for item in ITEMS)


def test_nothing_is_asked_for_whose_name_is_a_deed() -> None:
    folders = {path.rpartition("/")[0] for item in ITEMS for path in item.asked}
    assert not [folder for folder in folders if CHANGES.search(folder)]
    assert not [path for item in ITEMS for path in item.asked if acts(path, "")]


NOTHING = {
    "page": "<!doctype html><html><head><title>Shop</title></head><body><div id=root></div></body></html>",
    "not found page": "<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>",
    "error": '{"error": "not found", "status": 404, "message": "No route for this path"}',
    "word": "OK",
    "empty": "",
    "sentence": "This host is not configured. Please contact the administrator: admin@example.com",
    "object": '{"id": 1, "name": "mug", "version": "1.2", "status": "up", "data": [{"id": 2}]}',
    "list": '[{"id": 1, "name": "mug"}]',
    "table": "id,name,price\n1,mug,3\n2,cup,4\n",
    "settings page": "<html><head><title>Settings</title></head><body>password: ****</body></html>",
}


@pytest.mark.parametrize("body", NOTHING.values(), ids=NOTHING.keys())
def test_ordinary_answers_prove_nothing(body: str) -> None:
    media = "text/html" if body.startswith("<") else "application/json" if body[:1] in "{[" else "text/plain"
    shown = [
        (path, item.what) for item in ITEMS for path in item.paths if item.proof(_answer(body, path, media))
    ]
    assert shown == []


PROOFS = {
    "/.git/HEAD": "ref: refs/heads/main\n",
    "/.env": "DB_HOST=db\nDB_PASSWORD=x\n",
    "/.zsh_history": ": 1700000000:0;cd /srv\n: 1700000001:0;git pull\n",
    "/terraform.tfstate": '{"version": 4, "terraform_version": "1.9.0", "resources": []}',
    "/package.json": '{"name": "shop", "dependencies": {"express": "4"}}',
    "/actuator": '{"_links": {"self": {"href": "http://x/actuator", "templated": false}}}',
    "/actuator/env": '{"activeProfiles": [], "propertySources": []}',
    "/metrics": "# HELP up Whether it is up\n# TYPE up gauge\nup 1\n",
    "/openapi.json": '{"openapi": "3.1.0", "paths": {}}',
    "/server-status": "<html><head><title>Apache Status</title></head></html>",
    "/nginx_status": "Active connections: 1 \nserver accepts handled requests\n 1 1 1 \n",
    "/debug/vars": '{"cmdline": ["x"], "memstats": {}}',
    "/phpinfo.php": "<html><head><title>PHP 8.3.1 - phpinfo()</title></head></html>",
    "/backup.sql": "-- MySQL dump 10.13\nCREATE TABLE `users` (id int);\n",
    "/id_rsa": "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n",
    "/config.yml": "database:\n  password: hunter2\n",
    "/access.log": '10.0.0.1 - - [01/Jan/2026:00:00:00 +0000] "GET / HTTP/1.1" 200 1\n',
}


@pytest.mark.parametrize(("path", "body"), PROOFS.items(), ids=PROOFS.keys())
def test_contents_prove_what_they_are(path: str, body: str) -> None:
    assert list(proved(path, _answer(body, path)))
    assert list(proved(path, _answer(body, path, status=404))) == []


NASTY = {
    "letters": "a" * 100_000,
    "words": "lorem ipsum dolor " * 6_000,
    "dots": "a.b.c.d" * 15_000,
    "blanks": " " * 100_000,
    "lines": "\n" * 100_000,
    "pairs": "a=b\n" * 25_000,
    "commas": "a,b," * 25_000,
    "titles": "<title>" * 14_000,
    "frames": ("at " + "a.b " * 500 + "\n") * 40,
    "objects": '{"a": "b c d", "e": [1,2,3]}, ' * 3_000,
    "colons": "a:b:" * 25_000,
    "quotes": '"a" ' * 25_000,
    "sources": "src=" * 25_000,
    "links": '<a href="' * 11_000,
}


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY.keys())
def test_no_answer_takes_long_to_read(text: str) -> None:
    response = _answer(text, "/x")
    with at_most(6):
        for item in ITEMS:
            item.proof(response)
        for product in PRODUCTS:
            product.sign(response)
            product.version_in((response,))
            for read in product.reads:
                read.proof(response)
        for leak in LEAKS:
            leak.pattern.search(text)
        redact(text[:6_000])
        list(told(sight(_answer(text[:6_000], "/x", "text/html", 500))))


@pytest.mark.parametrize(
    ("path", "beside"),
    [
        ("/.env", "/.batten-7f3a9c"),
        ("/a/.env.bak", "/a/.batten-7f3a9c.bak"),
        ("/dump.sql", "/batten-7f3a9c.sql"),
        ("/docs/", "/batten-7f3a9c/"),
        ("/x/stats?a=1", "/x/batten-7f3a9c?a=1"),
    ],
)
def test_a_name_beside_is_of_the_same_kind(path: str, beside: str) -> None:
    assert sibling(path) == beside


@pytest.mark.parametrize(
    ("template", "operation", "deed"),
    [
        ("/users/v1/createdb", "", True),
        ("/createdb", "", True),
        ("/users/{id}/reset-password", "", True),
        ("/x", "resetDatabase", True),
        ("/auth/logout", "", True),
        ("/orders/{id}", "getOrder", False),
        ("/orders/created", "", False),
        ("/users/deleted", "listDeletedUsers", False),
        ("/runs", "listRuns", False),
        ("/reset-tokens/{id}", "getResetToken", False),
    ],
)
def test_names_that_are_deeds(template: str, operation: str, deed: bool) -> None:
    assert acts(template, operation) is deed
