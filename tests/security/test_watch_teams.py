"""An administrator of one team reaches for what is another's: secrets, folders, keys, traffic, the service's own surroundings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from batten.files.folders import Refused
from batten.files.straight import read_straight
from batten.watch.access.oidc import OidcProblem
from batten.watch.access.oidc.described import provider
from batten.watch.assess.assessment import AssessProblem, assess
from batten.watch.model import SERVICE, Asset, Grant, Owned, Role, Source
from batten.watch.store import assignments, environments
from needs import needs, where
from watch_sessions import Client, browser
from watch_two_teams import CONTRACT, Listener, TwoTeams, listening

SRC = Path(__file__).parents[2] / "src"
_NUMBERS = count()
ENVIRONMENTS, CHANNELS = "/api/v1/environments", "/api/v1/channels"


@pytest.fixture
def two(tmp_path: Path) -> TwoTeams:
    return TwoTeams(tmp_path, "127.0.0.0/8")


@pytest.fixture
def eve(two: TwoTeams) -> Client:
    """The administrator of the team bank, who wants what is shop's."""
    return browser(two.app, two.database, Grant(Role.ADMIN, two.bank), name="eve")


def body(two: TwoTeams, source: Source, settings: Mapping[str, str]) -> dict[str, object]:
    return {
        "team": two.bank,
        "service": "pay",
        "stage": "dev",
        "source": source.value,
        "settings": dict(settings),
    }


def attempted(two: TwoTeams, source: Source, settings: dict[str, str]) -> str:
    """Why an environment that nobody judged when it was written is not assessed; "" where it is."""
    number = two.environment(source, settings, stage=f"stage {next(_NUMBERS)}")
    with two.database.read() as db:
        one = environments.find(db, SERVICE, number)
        owned = assignments.owned(db, two.bank)
    assert one is not None
    try:
        assess(one, two.watch.settings, lambda line: None, lambda: False, owned)
    except AssessProblem as problem:
        return str(problem)
    return ""


@pytest.mark.parametrize(
    "header",
    [
        "X: ${TARGET_SHOP}", "X: ${TARGET_BANK}${TARGET_SHOP}", "X: ${TARGET_BANK} ${TARGET_SHOP}", "X: $TARGET_SHOP", "X: ${${TARGET_SHOP}}",
        "X: ${TARGET_${TARGET_BANK}}", "X: ${TARGET_SHOP:-a}", "X: ${TARGET_SHOP-a}", "X: ${target_shop}", "X: ${Target_Shop}",
        "X: ${TARGET_SHOP }", "X: ${ TARGET_SHOP}", "X: ${\uff34ARGET_SHOP}", "X: ${TARGET_\u0053HOP\u200b}", "X: $${TARGET_SHOP}",
        "X: ${ALERT_SHOP}", "X: ${OIDC_SECRET}", "X: ${BATTEN_WATCH_KEY}", "X: ${HTTPS_PROXY}", "X: %{TARGET_SHOP} ${TARGET_SHOP}",
        "A: b\nX: ${TARGET_SHOP}", "A: b\r\nX: ${TARGET_SHOP}", "Cookie: s=${TARGET_SHOP}", "${TARGET_SHOP}: x", "X: `${TARGET_SHOP}`",
    ],
)  # fmt: skip
def test_no_spelling_of_a_variable_sends_anothers_secret(two: TwoTeams, eve: Client, header: str) -> None:
    settings = {"url": "http://127.0.0.1:9", "headers": header}
    assert eve.post(ENVIRONMENTS, json=body(two, Source.LIVE, settings)).status_code == 422
    assert "the settings cannot be used" in attempted(two, Source.LIVE, settings)


def test_a_spelling_that_would_do_sends_ones_own_alone(
    two: TwoTeams, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is sent holds one's own secret, once filled in: it is not filled in again."""
    two.secret("TARGET_BANK", "own-${TARGET_SHOP}-secret")
    monkeypatch.setenv("TARGET_SHOP", two.value("shop"))
    with listening() as server:
        with suppress(AssessProblem):
            attempted(two, Source.LIVE, {**live(server), "headers": "X-Key: ${TARGET_BANK}"})
        assert any(b"own-${TARGET_SHOP}-secret" in sent for sent in server.got)
        assert not any(two.value("shop").encode() in sent for sent in server.got)


def live(server: Listener) -> dict[str, str]:
    return {"url": f"http://127.0.0.1:{server.port}", "rate": "1000", "budget": "40", "timeout": "3"}


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("variables", "TARGET_SHOP"), ("variables", "TARGET_BANK TARGET_SHOP"), ("variables", "TARGET_BANK,TARGET_SHOP"),
        ("token", "${TARGET_SHOP}"), ("token", "TARGET_SHOP"), ("token", "${${TARGET_SHOP}}"),
        ("key", "TOP/keys/shop/id"), ("key", "TOP/keys/bank/../shop/id"), ("key", "/TOP/keys/shop/id"), ("key", "TOP//keys/shop/./id"),
        ("hosts", "TOP/keys/shop/id"), ("key", "/etc/passwd"), ("key", "/proc/self/environ"), ("hosts", "TOP/data/watch.db"),
        ("key", "TOP/data/secrets/TARGET_SHOP"), ("key", "TOP/keys/LINK"), ("hosts", "TOP/keys/bank/link"), ("key", "TOP/keys"),
    ],
)  # fmt: skip
def test_no_repository_is_fetched_with_what_is_anothers(
    two: TwoTeams, eve: Client, setting: str, value: str
) -> None:
    (two.top / "keys/bank/link").symlink_to(two.top / "keys/shop/id")
    (two.top / "keys/LINK").symlink_to(two.top / "keys/shop/id")
    value = value.replace("TOP", str(two.top))
    own = str(two.top / "keys/bank/id")
    settings = {"url": "ssh://git@127.0.0.1:9/a.git", "key": own, "hosts": own, setting: value}
    answer = eve.post(ENVIRONMENTS, json=body(two, Source.REPOSITORY, settings))
    leads = value.endswith("bank/link")  # where a path leads, the worker's machine says
    assert answer.status_code == (201 if leads else 422), answer.text
    assert "the settings cannot be used" in attempted(two, Source.REPOSITORY, settings)


@pytest.mark.parametrize(
    "place",
    ["shop", "bank/../shop", "bank/link", "bank/within/up", "", "./shop", "shop/", "/shop", "Shop", "shop/../shop", "bank/data", "../data"],
)  # fmt: skip
def test_no_folder_is_read_that_is_anothers(two: TwoTeams, place: str) -> None:
    bank = two.repositories / "bank"
    (bank / "within").mkdir()
    (bank / "link").symlink_to(two.repositories / "shop")
    (bank / "within/up").symlink_to("../../shop")
    (bank / "data").symlink_to(two.data)
    said = attempted(two, Source.REPOSITORY, {"url": f"{two.repositories}/{place}"})
    assert "the settings cannot be used" in said
    assert str(two.data) not in said and "ssl_protocols" not in said


def test_links_in_ones_own_folder_show_nothing(two: TwoTeams) -> None:
    bank, shop = two.repositories / "bank", two.repositories / "shop"
    (bank / "nginx.conf").unlink()
    (bank / "nginx.conf").symlink_to(shop / "nginx.conf")
    (bank / "site").symlink_to(shop)
    number = two.environment(Source.REPOSITORY, {"url": str(bank)})
    with two.database.read() as db:
        one = environments.find(db, SERVICE, number)
        owned = assignments.owned(db, two.bank)
    assert one is not None
    found = assess(one, two.watch.settings, lambda line: None, lambda: False, owned)
    assert "listen 443" not in str(found) and "tls-modern" not in {one.control for one in found.found}
    assert not found.places


def test_a_folder_of_a_folder_that_is_anothers_is_not_read_by_the_owner_around(two: TwoTeams) -> None:
    two.assign(Asset.PATH, str(two.repositories), two.bank)
    assert attempted(two, Source.REPOSITORY, {"url": str(two.repositories / "shop")})
    assert attempted(two, Source.REPOSITORY, {"url": str(two.repositories)})
    assert attempted(two, Source.REPOSITORY, {"url": str(two.repositories / "SHOP")})
    assert not attempted(two, Source.REPOSITORY, {"url": str(two.repositories / "bank")})


WHO = ("-c", "user.name=a", "-c", "user.email=a@example.com")


def git(top: Path, *words: str) -> str:
    return (
        subprocess.run(["git", *WHO, *words], cwd=top, check=True, capture_output=True)
        .stdout.decode()
        .strip()
    )


@needs("git", where("git"))
@pytest.mark.parametrize(
    "way", ["gitfile", "link", "alternates", "objects", "loose", "reference", "commondir", "bare"]
)
def test_no_repository_borrows_from_anothers(two: TwoTeams, way: str) -> None:
    shop, bank = two.repositories / "shop", two.repositories / "bank"
    (shop / "secret.txt").write_text("what is shop's")
    for top in (shop, bank):
        git(top, "init", "-q", "-b", "main")
        git(top, "add", "-A")
        git(top, "commit", "-qm", "a")
    assert not attempted(two, Source.REPOSITORY, {"url": str(bank)})
    mine, theirs = bank / ".git", shop / ".git"
    (mine / "refs/heads/main").write_text(git(shop, "rev-parse", "HEAD") + "\n")
    match way:
        case "gitfile":
            mine.rename(bank / "old")
            mine.write_text(f"gitdir: {theirs}\n")
        case "link":
            mine.rename(bank / "old")
            mine.symlink_to(theirs)
        case "alternates":
            (mine / "objects/info").mkdir(exist_ok=True)
            (mine / "objects/info/alternates").write_text(f"{theirs}/objects\n")
        case "objects":
            (mine / "objects").rename(bank / "old")
            (mine / "objects").symlink_to(theirs / "objects")
        case "loose":
            for part in (theirs / "objects").iterdir():
                if len(part.name) == 2 and not (mine / "objects" / part.name).exists():
                    (mine / "objects" / part.name).symlink_to(part)
        case "reference":
            (mine / "refs/heads/main").unlink()
            (mine / "refs/heads/main").symlink_to(theirs / "refs/heads/main")
        case "commondir":
            (mine / "commondir").write_text(f"{theirs}\n")
        case "bare":
            (bank / "HEAD").symlink_to(theirs / "HEAD")
            (bank / "objects").symlink_to(theirs / "objects")
            (bank / "refs").symlink_to(theirs / "refs")
            mine.rename(bank / "old")
    assert "its git directory" in attempted(two, Source.REPOSITORY, {"url": str(bank)})


@pytest.mark.parametrize(
    ("header", "sent"),
    [
        ("${TARGET_SHOP}", False), ("${HTTPS_PROXY}", False), ("${https_proxy}", False), ("${PATH}", False), ("${HOME}", False),
        ("$HTTPS_PROXY", False), ("${TARGET_BANK}${PATH}", False), ("${PYTHONPATH}", False), ("${SSL_CERT_FILE}", False), ("${TARGET_BANK}", True),
    ],
)  # fmt: skip
def test_a_batten_yaml_sends_the_listed_variables_alone(
    two: TwoTeams, monkeypatch: pytest.MonkeyPatch, header: str, sent: bool
) -> None:
    hidden = {"HTTPS_PROXY": "http://u:proxy-password@10.0.0.1:3128", "TARGET_SHOP": two.value("shop")}
    for name, value in {
        **hidden,
        "https_proxy": hidden["HTTPS_PROXY"],
        "SSL_CERT_FILE": "/etc/ca-of-ours",
    }.items():
        monkeypatch.setenv(name, value)
    bank = two.repositories / "bank"
    with listening() as server:
        (bank / "batten.yaml").write_text(
            f"environments:\n  prod:\n    url: http://127.0.0.1:{server.port}\n    rate: 1000\n    budget: 60\n"
            f"    timeout: 3\n    headers: {{X-Key: 'a {header} b'}}\n"
        )
        settings = {
            "url": str(bank),
            "environment": "prod",
            "allow": f"http://127.0.0.1:{server.port}",
            "variables": "TARGET_BANK",
        }
        attempted(two, Source.REPOSITORY, settings)
        said = b"".join(server.got)
    secret = (
        two.value("shop"),
        "proxy-password",
        os.environ["PATH"],
        str(two.data),
        "/etc/ca-of-ours",
        str(SRC),
    )
    assert not any(value.encode() in said for value in secret)
    assert (two.value("bank").encode() in said) is sent


@pytest.mark.parametrize(
    "file", ["shop.db", "SHOP.db", "../secrets/TARGET_SHOP", "bank.db/../shop.db", ".", "..", "bank.db\0"]
)
def test_no_traffic_is_read_that_is_anothers(two: TwoTeams, eve: Client, file: str) -> None:
    (two.data / "traffic").mkdir()
    for name in ("shop.db", "SHOP.db"):
        (two.data / "traffic" / name).write_bytes(b"garbage")
    settings = {"file": file, "contract": CONTRACT}
    assert eve.post(ENVIRONMENTS, json=body(two, Source.TRAFFIC, settings)).status_code in (400, 422)
    if "\0" not in file:
        assert "the settings cannot be used" in attempted(two, Source.TRAFFIC, settings)


def test_a_traffic_file_that_is_a_link_is_not_read(two: TwoTeams) -> None:
    (two.data / "traffic").mkdir()
    (two.data / "traffic/shop.db").write_bytes(b"garbage")
    (two.data / "traffic/bank.db").symlink_to("shop.db")
    assert "is a link" in attempted(two, Source.TRAFFIC, {"file": "bank.db", "contract": CONTRACT})


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/${ALERT_SHOP}", "http://127.0.0.1:9/${ALERT_BANK}${ALERT_SHOP}", "http://${ALERT_SHOP}@127.0.0.1:9/",
        "http://127.0.0.1:9/?a=${${ALERT_SHOP}}", "http://127.0.0.1:9/\\${ALERT_SHOP}", "http://127.0.0.1:9/$${ALERT_SHOP}",
    ],
)  # fmt: skip
def test_no_setting_of_a_channel_holds_anothers_secret(two: TwoTeams, eve: Client, url: str) -> None:
    new = {
        "name": "a",
        "kind": "webhook",
        "team": two.bank,
        "settings": {"url": url, "secret": "${ALERT_BANK}"},
    }
    answer = eve.post(CHANNELS, json=new)
    assert answer.status_code == 422 and "ALERT_SHOP is not assigned to the team" in answer.text
    assert eve.post(CHANNELS, json={**new, "team": two.shop}).status_code == 403
    assert eve.post(CHANNELS, json={**new, "team": 0}).status_code == 403
    number = two.environment(
        Source.PUSHED, {}
    )  # of eve's team: the channel is her team's, whichever else it names
    both = eve.post(CHANNELS, json={**new, "team": two.shop, "environment": number})
    assert both.status_code == 422, both.text


def test_the_refusal_is_the_same_for_what_is_not_there(two: TwoTeams, eve: Client) -> None:
    """Nobody learns which secrets, folders and files others have."""
    said = set()
    for name in ("TARGET_SHOP", "TARGET_NOBODY", "TARGET_ABSENT"):
        given = {"url": "http://127.0.0.1:9", "headers": f"X: ${{{name}}}"}
        answers = (
            eve.post(ENVIRONMENTS, json=body(two, Source.LIVE, given)).text,
            attempted(two, Source.LIVE, given),
        )
        said.add(tuple(answer.replace(name, "NAME") for answer in answers))
    for name in ("repositories/shop", "repositories/none", "keys/shop/id"):
        given = {"url": str(two.top / name)}
        said.add(eve.post(ENVIRONMENTS, json=body(two, Source.REPOSITORY, given)).text.replace(name, "NAME"))
    assert len(said) == 2


def test_no_secret_of_the_provider_is_one_that_a_team_could_name() -> None:
    file = 'issuer = "https://login.example"\nclient = "a"\nsecret = "${%s}"\n'
    assert provider((file % "OIDC_SECRET").encode()).secret == "OIDC_SECRET"
    for name in ("TARGET_OIDC", "ALERT_OIDC", "DATABASE_URL", "OIDC_", "oidc_secret"):
        with pytest.raises(OidcProblem, match="OIDC_NAME"):
            provider((file % name).encode())


def test_a_key_is_read_where_no_link_was_put_meanwhile(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "others").mkdir()
    (tmp_path / "own/id").write_text("own")
    (tmp_path / "others/id").write_text("others")
    judged = (tmp_path / "own/id").resolve()
    assert read_straight(judged, 100) == b"own"
    (tmp_path / "own").rename(tmp_path / "was")
    (tmp_path / "own").symlink_to("others")
    with pytest.raises(OSError):
        read_straight(judged, 100)
    (tmp_path / "own").unlink()
    (tmp_path / "own").mkdir()
    (tmp_path / "own/id").symlink_to("../others/id")
    with pytest.raises(OSError):
        read_straight(judged, 100)
    with pytest.raises(Refused):
        read_straight((tmp_path / "others").resolve() / "id", 3)


HELD = """
import json, os, sys
from pathlib import Path
from batten.files import Refused, Root
from batten.files.folders import hold
top = Path(sys.argv[1])
own, others, home = top / "own", top / "others", top / "home"
hold(own, (home,))
said = {}

def read(name, root):
    try:
        said[name] = Root(root).read("nginx.conf").decode()
    except (OSError, Refused) as error:
        said[name] = type(error).__name__

read("own", own)
read("below", own / "below")
read("state", home)
read("others", others)
own.rename(top / "was")
own.symlink_to(others)
read("link", own)
own.unlink()
others.rename(own)
read("replaced", own)
read("moved", top / "was")
print(json.dumps(said))
"""


def test_a_folder_is_read_as_it_was_when_it_was_judged_whatever_takes_its_place(tmp_path: Path) -> None:
    for name in ("own", "others", "own/below", "home"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "nginx.conf").write_text(name)
    command = [sys.executable, "-c", HELD, str(tmp_path.resolve())]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(SRC)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "own": "own",
        "below": "own/below",
        "state": "home",
        "others": "Refused",
        "link": "Refused",
        "replaced": "Refused",
        "moved": "own",
    }


def test_what_a_token_of_one_environment_may_is_bound_to_its_team(two: TwoTeams) -> None:
    number = two.environment(Source.LIVE, {"url": "http://127.0.0.1:9"})
    one = browser(two.app, two.database, Grant(Role.ADMIN, environment=number))
    read = one.get(f"{ENVIRONMENTS}/{number}")
    change = {"Content-Type": "application/merge-patch+json", "If-Match": read.headers["etag"]}
    given = {"settings": {"url": "http://127.0.0.1:9", "headers": "X: ${TARGET_SHOP}"}}
    assert one.request("PATCH", f"{ENVIRONMENTS}/{number}", json=given, headers=change).status_code == 422
    source = {"source": "repository", "settings": {"url": str(two.repositories / "shop")}}
    assert one.request("PATCH", f"{ENVIRONMENTS}/{number}", json=source, headers=change).status_code == 422


def test_nothing_is_owned_where_nobody_said_whose_it_is(two: TwoTeams) -> None:
    assert attempted(two, Source.LIVE, {"url": "http://127.0.0.1:9", "headers": "X: ${TARGET_NOBODY}"})
    number = two.environment(
        Source.LIVE, {"url": "http://127.0.0.1:9", "headers": "X: ${TARGET_BANK}"}, stage="x"
    )
    with two.database.read() as db:
        one = environments.find(db, SERVICE, number)
    assert one is not None
    with pytest.raises(AssessProblem, match="not assigned to the team"):
        assess(one, two.watch.settings, lambda line: None, lambda: False, Owned())
