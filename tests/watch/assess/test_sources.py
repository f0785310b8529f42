"""Settings of sources: what is taken, and what is refused with which sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from batten.watch.assess.sources import Live, Pushed, Repository, SettingProblem, source_of, variables
from batten.watch.model import Source


def test_a_live_environment() -> None:
    made = source_of(
        Source.LIVE,
        {
            "url": "https://api.example.com/v1/",
            "plain": "http://api.example.com",
            "headers": "Authorization: Bearer ${TARGET_TOKEN}\n\nAccept: a/b",
            "stores": "redis://cache.example.com:6379, db.example.com",
            "rate": "5",
            "active": "true",
        },
    )
    assert isinstance(made, Live) and (made.url, made.rate, made.active) == (
        "https://api.example.com/v1",
        5.0,
        True,
    )
    assert made.headers == {"Authorization": "Bearer ${TARGET_TOKEN}", "Accept": "a/b"}
    assert variables(made) == ("TARGET_TOKEN",) and made.stores[1] == "db.example.com"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "url: it is missing"),
        ({"url": "ftp://a"}, "url: it is not a URL of an API"),
        ({"url": "https://"}, "url: it is not a URL of an API"),
        ({"url": "https://a:99999"}, "url: it is not a valid URL"),
        ({"url": "https://u:p@a"}, "url: it holds credentials"),
        ({"url": "https://a b"}, "url: it is not a URL of an API"),
        ({"url": "https://a?x=1"}, "url: it has a query"),
        ({"url": "https://a", "haeders": ""}, "has no setting 'haeders'; did you mean `headers`?"),
        ({"url": "https://a", "headers": "no colon"}, "headers: write one a line"),
        ({"url": "https://a", "headers": "A: b\r\n\x0bC: \x00"}, "headers: "),
        ({"url": "https://a", "headers": "Cookie: a=b"}, "the value of Cookie must come from the worker's"),
        ({"url": "https://a", "headers": "X-A: $HOME"}, "the value of X-A must come from the worker's"),
        (
            {"url": "https://a", "headers": "X-A: ${DATABASE_URL}"},
            "only secrets whose names begin with TARGET_",
        ),
        ({"url": "https://a", "rate": "nan"}, "rate: it is not a number from 0.1 to 1000"),
        ({"url": "https://a", "rate": "1e9"}, "rate: it is not a number"),
        ({"url": "https://a", "active": "yes"}, "active: it is neither true nor false"),
        ({"url": "https://a", "stores": "nosuch://a"}, "stores: batten has no probe for nosuch stores"),
        ({"url": "https://a", "tls": "a"}, "tls: 'a' is not a port with TLS"),
        ({"url": "https://a", "origins": "*"}, "origins: '*' is not an origin"),
        (
            {"url": "https://a", "contract": "x" * 5_000_000},
            "contract: it has more than 4,194,304 characters",
        ),
    ],
)
def test_live_settings_that_are_refused(settings: dict[str, str], said: str) -> None:
    with pytest.raises(SettingProblem) as problem:
        source_of(Source.LIVE, settings)
    assert said in str(problem.value)


def test_a_repository(tmp_path: Path) -> None:
    made = source_of(Source.REPOSITORY, {"url": "https://git.example.com/a/b.git", "token": "${TARGET_GIT}"})
    assert isinstance(made, Repository) and (made.ref, made.token) == ("HEAD", "TARGET_GIT")
    here = source_of(Source.REPOSITORY, {"url": str(tmp_path / "a")}, [tmp_path])
    assert isinstance(here, Repository) and here.url == str(tmp_path / "a")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"url": "http://a/b"}, "url: it is not a repository"),
        ({"url": "git://a/b"}, "url: it is not a repository"),
        ({"url": "ext::sh -c id"}, "url: it is not a repository"),
        ({"url": "file:///etc"}, "url: it is not a repository"),
        ({"url": "--upload-pack=id"}, "url: it is not a repository"),
        ({"url": "ssh://-oProxyCommand=id/b", "key": "/k", "hosts": "/h"}, "url: it is not a repository"),
        ({"url": "ssh://-x@a/b", "key": "/k", "hosts": "/h"}, "url: it is not a repository"),
        ({"url": "https://u:p@a/b"}, "url: it holds credentials"),
        ({"url": "https://a/b?x"}, "url: it is not a repository"),
        ({"url": "/etc"}, "url: repositories on this machine are read only below"),
        ({"url": "ssh://git@a/b"}, "url: ssh needs `key`"),
        ({"url": "https://a/b", "ref": "--all"}, "ref: it is not a branch"),
        ({"url": "https://a/b", "ref": "a..b"}, "ref: it is not a branch"),
        ({"url": "https://a/b", "ref": "+refs/*:refs/*"}, "ref: it is not a branch"),
        ({"url": "https://a/b", "folder": "../x"}, "folder: it is not a folder"),
        ({"url": "https://a/b", "folder": ".git"}, "folder: it is not a folder"),
        ({"url": "https://a/b", "allow": "a/b"}, "allow: 'a/b' is not a host"),
        ({"url": "https://a/b", "token": "GITHUB_TOKEN"}, "token: environments may use only secrets"),
        ({"url": "https://a/b", "key": "id_rsa"}, "key: it is not an absolute path"),
    ],
)
def test_repository_settings_that_are_refused(settings: dict[str, str], said: str) -> None:
    with pytest.raises(SettingProblem) as problem:
        source_of(Source.REPOSITORY, settings, ())
    assert said in str(problem.value)


def test_pushed_and_traffic() -> None:
    assert source_of(Source.PUSHED, {"environment": "prod"}) == Pushed(environment="prod")
    with pytest.raises(SettingProblem, match="file: it is not a file name"):
        source_of(Source.TRAFFIC, {"file": "../x.db", "contract": "a"})
    with pytest.raises(SettingProblem, match="contract: it is missing"):
        source_of(Source.TRAFFIC, {"file": "x.db"})
    with pytest.raises(SettingProblem, match="it has environment"):
        source_of(Source.PUSHED, {"zzz": "https://a"})
