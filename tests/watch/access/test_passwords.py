"""Which passwords are accepted, and what is kept of them."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from batten.watch.access import passwords


@pytest.mark.parametrize(
    "password",
    [
        "elevenchars", "a" * 12, "abcabcabcabcabc", "123456789012", "qwertyuiopas", "zyxwvutsrqponm", "Password1234!",
        "changeme-2026!", "passwordpassword", "AdminAdmin!!22", "ada.lovelace1", "x" * 129, "é" * 65, "",
        "batten-watch-1", "!!!!!!123456!!",
    ],
)  # fmt: skip
def test_what_is_guessed_first_is_refused(password: str) -> None:
    assert passwords.problem(password, "ada.lovelace") != ""


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "ünï-ço-dé pass",
        "x7#" * 3 + "kQ2v",
        "é" * 5 + "abcdefgh-ij",
        pytest.param(passwords.generated(), id="generated"),
    ],
)
def test_length_is_enough(password: str) -> None:
    assert passwords.problem(password, "ada.lovelace") == ""


def test_a_password_is_kept_as_argon2id() -> None:
    kept = passwords.hashed("correct horse battery")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.matches(kept, "correct horse battery") and not passwords.outdated(kept)
    assert not passwords.matches(kept, "correct horse batterz")
    assert not passwords.matches("", "correct horse battery") and not passwords.matches("nonsense", "x")


def test_keyboards_compose_characters_in_several_ways() -> None:
    assert passwords.matches(passwords.hashed("café au lait 12"), "cafe\u0301 au lait 12")


def test_a_weaker_hash_is_outdated() -> None:
    assert passwords.outdated(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("correct horse"))
