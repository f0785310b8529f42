"""Log in with a real OpenID provider, which a test lets send what it should not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from batten.watch.access.oidc import OidcProblem
from batten.watch.access.oidc.described import provider as described
from batten.watch.access.oidc.remote import remote
from batten.watch.model import Grant, Role
from batten.watch.service import application
from batten.watch.settings import GroupRole, Provider, Settings, Watch
from batten.watch.store import audit, users
from batten.watch.store.database import now
from oidc_provider import provider, wish
from servers import free_port
from watch_sessions import Client
from watch_stores import environment, sqlite

URL = "http://127.0.0.1:8470"


class Provided:
    """A provider that runs, and a service whose users log in with it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.wishes = folder
        self.database = sqlite(folder)
        roles = (
            GroupRole(group="platform", role=Role.ADMIN),
            GroupRole(group="shop", role=Role.OPERATOR, team="shop"),
            GroupRole(group="guests", role=Role.VIEWER, environment="orders/prod"),
            GroupRole(group="gone", role=Role.ADMIN, team="nobodys"),
        )
        self.provider = Provider(issuer=f"http://127.0.0.1:{port}", client="batten", roles=roles)
        self.folder, self.port = folder, port

    def wish(self, **wishes: Any) -> None:
        """How the provider's next tokens differ from what is right."""
        wish(self.wishes, **wishes)

    def browser(self, **other: Any) -> Client:
        provider = replace(self.provider, **other)
        return Client(
            application(Watch(self.database, Settings(folder=self.folder, url=URL, provider=provider)))
        )

    def grants(self, name: str) -> tuple[Grant, ...]:
        with self.database.read() as db:
            user = users.named(db, name)
            assert user is not None
            return users.grants(db, user.id)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    folder, port = tmp_path_factory.mktemp("provider"), free_port()
    with provider(port, folder):
        yield port, folder


@pytest.fixture
def provided(running: tuple[int, Path], tmp_path: Path) -> Provided:
    port, folder = running
    remote.cache_clear()
    made = Provided(tmp_path, port)
    made.wishes = folder
    made.wish()
    return made


def to_provider(client: Client, goal: str = "/runs?state=failed") -> httpx.Response:
    return client.get("/oidc/login", params={"next": goal})


def back(answer: httpx.Response) -> str:
    """Where the provider sends the browser."""
    return str(httpx.get(answer.headers["location"]).headers["location"])


def log_in(client: Client) -> httpx.Response:
    return client.get(back(to_provider(client)).removeprefix(URL))


def refused(client: Client, said: str = "") -> None:
    answer = log_in(client)
    assert answer.status_code == 403 and said in answer.text, answer.text
    assert "batten" not in client.cookies


def test_a_user_of_the_provider_comes_in(provided: Provided) -> None:
    client = provided.browser()
    assert "/oidc/login?next=%2Fmap" in client.get("/login?next=/map").text
    begun = to_provider(client)
    asked = parse_qs(urlsplit(begun.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"] and asked["redirect_uri"] == [f"{URL}/oidc/callback"]
    kept = SimpleCookie(begun.headers["set-cookie"])["batten-oidc"]
    assert kept["httponly"] and kept["samesite"] == "lax" and kept["max-age"] == "600"
    assert asked["state"][0] not in begun.headers["set-cookie"]
    answer = client.get(back(begun).removeprefix(URL))
    assert (answer.status_code, answer.headers["location"]) == (303, "/runs?state=failed")
    page = client.get("/settings/password")
    assert "Grace-Hopper" in page.text and "New password" not in page.text
    assert provided.grants("Grace-Hopper") == (Grant(Role.ADMIN),)
    with provided.database.read() as db:
        assert audit.verify(db) is None
        assert [e.action for e in audit._all(db)] == ["user-added", "roles-of-groups", "log-in"]


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        ({"claims": {"nonce": "of-another-log-in"}}, "of another log-in"),
        ({"without": ["nonce"]}, "MissingRequiredClaim"),
        ({"claims": {"aud": "another-client"}}, "InvalidAudience"),
        ({"claims": {"aud": ["batten", "another"]}}, "another client"),
        ({"claims": {"azp": "another-client"}}, "another client"),
        ({"claims": {"iss": "https://evil.example"}}, "InvalidIssuer"),
        ({"claims": {"exp": 1}}, "ExpiredSignature"),
        ({"without": ["exp"]}, "MissingRequiredClaim"),
        ({"claims": {"iat": 99_999_999_999}}, "ImmatureSignature"),
        ({"claims": {"sub": ""}}, "no subject"),
        ({"claims": {"sub": "a\0b"}}, "no subject"),
        ({"claims": {"sub": 7}}, "InvalidSubject"),
        ({"without": ["sub"]}, "MissingRequiredClaim"),
        ({"forge": "none"}, "a way that is not accepted"),
        ({"forge": "shared"}, "a way that is not accepted"),
        ({"forge": "another"}, "InvalidSignature"),
        ({"header": {"kid": "unknown"}}, "no key"),
        ({"header": {"typ": "at+jwt"}}, "a way that is not accepted"),
        ({"status": 500}, "answered 500"),
        ({"body": {"id_token": "x"}}, "cannot be read"),
        ({"body": {"id_token": 7}}, "does not follow OpenID Connect"),
        ({"body": "<html>"}, "does not follow OpenID Connect"),
        ({"claims": {"groups": ["others"]}}, "no role here"),
        ({"claims": {"groups": ["gone"]}}, "no role here"),
        ({"claims": {"groups": {"platform": True}}}, "no role here"),
        ({"without": ["groups"]}, "no role here"),
    ],
)  # fmt: skip
def test_what_is_not_right_is_refused(provided: Provided, wishes: dict[str, Any], said: str) -> None:
    provided.wish(**wishes)
    refused(provided.browser(), said)
    with provided.database.read() as db:
        assert users.every(db) == []


def test_a_code_is_worth_nothing_twice(provided: Provided) -> None:
    client = provided.browser()
    begun = to_provider(client)
    cookie, way = client.cookies["batten-oidc"], back(begun).removeprefix(URL)
    assert client.get(way).status_code == 303
    again = provided.browser()
    again.cookies.set("batten-oidc", cookie, domain="127.0.0.1")
    answer = again.get(way)
    assert answer.status_code == 403 and "answered 400" in answer.text


def test_an_answer_belongs_to_the_browser_that_asked(provided: Provided) -> None:
    begun = to_provider(provided.browser())
    way = back(begun).removeprefix(URL)
    stranger = provided.browser()
    assert "was not begun in this browser" in stranger.get(way).text
    to_provider(stranger)  # with a state of its own
    assert "not the one that this browser began" in stranger.get(way).text
    assert "Another provider" in provided_answer(provided, "&iss=https://evil.example").text
    assert "refused the log-in: access_denied" in provided_answer(provided, "&error=access_denied").text
    assert "<b>" not in provided_answer(provided, "&error=<b>").text


def provided_answer(provided: Provided, more: str) -> httpx.Response:
    client = provided.browser()
    return client.get(back(to_provider(client)).removeprefix(URL) + more)


@pytest.mark.parametrize("cookie", ["", "x", "W10", "e30", "_" * 5000, "\x7f"])
def test_strange_cookies_are_refused(provided: Provided, cookie: str) -> None:
    client = provided.browser()
    answer = client.get("/oidc/callback?code=a&state=b", headers={"Cookie": f"batten-oidc={cookie}"})
    assert answer.status_code == 403 and "was not begun in this browser" in answer.text


def test_groups_decide_at_each_log_in(provided: Provided) -> None:
    orders = environment(provided.database)
    client = provided.browser()
    provided.wish(claims={"groups": ["shop", "guests", "others"]})
    assert log_in(client).status_code == 303
    assert set(provided.grants("Grace-Hopper")) == {
        Grant(Role.OPERATOR, team=1),
        Grant(Role.VIEWER, environment=orders),
    }
    provided.wish(claims={"groups": "platform", "preferred_username": "admin"})
    assert log_in(client).status_code == 303
    assert provided.grants("Grace-Hopper") == (Grant(Role.ADMIN),)  # the same subject under another name
    provided.wish(claims={"groups": []})
    refused(provided.browser())
    assert provided.grants("Grace-Hopper") == ()
    assert client.get("/settings/password").status_code == 303  # its session ended


def test_another_subject_is_another_user(provided: Provided) -> None:
    assert log_in(provided.browser()).status_code == 303
    provided.wish(claims={"sub": "jane", "email": "grace@example.com"})
    assert log_in(provided.browser()).status_code == 303
    with provided.database.read() as db:
        assert {u.name: u.subject for u in users.every(db)} == {
            "Grace-Hopper": "johndoe",
            "Grace-Hopper-2": "jane",
        }


def test_a_disabled_user_stays_out(provided: Provided) -> None:
    assert log_in(provided.browser()).status_code == 303
    with provided.database.begin() as db:
        users.change(db, replace(users.every(db)[0], disabled=True))
    refused(provided.browser(), "no role here")


def test_without_roles_of_groups_an_administrator_grants_them(provided: Provided) -> None:
    client = provided.browser(roles=())
    assert log_in(client).status_code == 303 and provided.grants("Grace-Hopper") == ()
    with provided.database.begin() as db:
        users.allow(db, users.every(db)[0].id, Grant(Role.VIEWER))
    assert log_in(client).status_code == 303 and provided.grants("Grace-Hopper") == (Grant(Role.VIEWER),)


def test_keys_are_rotated(tmp_path: Path) -> None:
    port = free_port()
    provided = Provided(tmp_path, port)
    for _ in range(2):
        with provider(port, tmp_path):
            provided.wish()
            known = remote(provided.provider)
            if known._keys is not None:  # a minute later
                known._keys = known._keys[0] - 60_000, known._keys[1]
            assert log_in(provided.browser()).status_code == 303
    answer = to_provider(provided.browser())
    assert answer.status_code == 303  # its endpoints are known still
    remote.cache_clear()
    answer = to_provider(provided.browser())
    assert answer.status_code == 403 and "cannot be reached" in answer.text


def test_a_provider_is_itself(provided: Provided) -> None:
    known = remote(replace(provided.provider, issuer=f"http://localhost:{provided.port}"))
    with pytest.raises(OidcProblem, match="another issuer"):
        known.metadata(now())


def test_a_file_describes_a_provider() -> None:
    text = b"""
issuer = "https://login.example/realms/a"
client = "batten"
secret = "${OIDC_SECRET}"
groups-claim = "roles"
[[roles]]
group = "platform"
role = "admin"
[[roles]]
group = "shop"
role = "viewer"
team = "shop"
"""
    assert described(text) == Provider(
        issuer="https://login.example/realms/a", client="batten", secret="OIDC_SECRET", groups_claim="roles",
        roles=(GroupRole(group="platform", role=Role.ADMIN), GroupRole(group="shop", role=Role.VIEWER, team="shop")),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('client = "a"', "issuer"),
        ('issuer = "http://login.example"\nclient = "a"', "issuer: write the provider's https URL"),
        ('issuer = "https://a@login.example"\nclient = "a"', "issuer"),
        ('issuer = "https://a.example"\nclient = "a"\nsecret = "hunter2"', "secret: name"),
        ('issuer = "https://a.example"\nclient = "a"\nscopes = ["email"]', "openid"),
        ('issuer = "https://a.example"\nclient = "a"\nclientid = "b"', "clientid"),
        (
            'issuer = "https://a.example"\nclient = "a"\nroles = [{group = "a", role = "root"}]',
            "'root' is not one of",
        ),
        ("issuer = ", "docs/watch.md"),
        ("\xff", "docs/watch.md"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(text: str, said: str) -> None:
    with pytest.raises(OidcProblem, match=said) as raised:
        described(text.encode("latin-1"))
    assert "hunter2" not in str(raised.value)
