"""Which credentials a setting holds, and how they are guessed."""

from __future__ import annotations

import pytest

from batten.controls._guessing import entropy, guessed
from batten.facts import Guess
from batten.technologies.shared.secrets.credentials import found, signing_name


@pytest.mark.parametrize(
    "value",
    [
        "secret",
        "Secret123",
        "s3cr3t!",
        "P@ssw0rd",
        "supersecretjwtkey",
        "mySuperSecretKey2024",
        "your-secret-key-change-in-production",
        "this is a very long secret key",
        "c2VjcmV0a2V5",
        "base64:c2VjcmV0a2V5",
        "aaaaaaaaaaaaaaaa",
        "0123456789abcdef",
        "987654321",
        "20241127",
        "correct-horse-battery-staple",
        "orders",
    ],
)
def test_words_names_and_rows_are_guessed(value: str) -> None:
    made = guessed("ORDERS_JWT_SECRET", value, signs=True)
    assert made is not None
    assert made.how is Guess.WORDS


@pytest.mark.parametrize(
    "value",
    [
        "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26",
        "n4VqY7cW2pXbR9tLkE5mJd8sHfZgUaQ3",
        "tea-4471-harbour-lantern-kettle-wren",
        "django-insecure-x8#k2v9q@w3e!r5t7y0u",
        "./config/master.key",
        "",
    ],
)
def test_what_is_random_or_no_value_is_not_guessed(value: str) -> None:
    assert guessed("JWT_SECRET", value, signs=True) is None


@pytest.mark.parametrize(
    ("value", "whose"),
    [
        ("CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET", "Superset"),
        ("'your-256-bit-secret'", "jwt.io"),
        ("c292a0a3aa32397cdb050e233733900f", "Redash"),
    ],
)
def test_what_vendors_publish_is_theirs(value: str, whose: str) -> None:
    made = guessed("SECRET_KEY", value)
    assert made is not None
    assert (made.how, made.whose) == (Guess.PUBLISHED, whose)


def test_short_keys_are_searched_and_passwords_are_not_measured() -> None:
    assert [
        guessed(n, v, signs=s)
        for n, v, s in [("SESSION_SECRET", "vk3JqT9s2LwZ", True), ("DB_PASSWORD", "k3x9q", False)]
    ] == [
        None,
        None,
    ]
    short, searched = (
        guessed("JWT_SECRET", "vk3JqT9s2LwZ", signs=True),
        guessed("SESSION_SECRET", "k3x9q", signs=True),
    )
    assert short is not None and short.how is Guess.SHORT
    assert searched is not None and searched.how is Guess.SEARCHED
    assert entropy("ab12" * 8) == 128


@pytest.mark.parametrize(
    ("name", "signs"),
    [
        ("JWT_SECRET", True),
        ("SECRET_KEY", True),
        ("ORDERS_SECRET_KEY", True),
        ("SECRET_KEY_BASE", True),
        ("NEXTAUTH_SECRET", True),
        ("jwt.secret", True),
        ("AIRFLOW__API_AUTH__JWT_SECRET", True),
        ("secret_key", False),
        ("secret", False),
        ("existingSecret", False),
        ("imagePullSecret", False),
        ("tls-secret", False),
        ("CLIENT_SECRET", False),
        ("AWS_SECRET_KEY", False),
        ("STRIPE_SECRET_KEY", False),
        ("JWT_SECRET_NAME", False),
        ("JWT_PUBLIC_KEY", False),
    ],
)
def test_keys_that_sign_are_known_by_their_names(name: str, signs: bool) -> None:
    assert signing_name(name) is signs


@pytest.mark.parametrize(
    "value",
    ["<your key>", "xxxx", "${JWT_SECRET}", "{{ key }}", "", "none", "/run/secrets/jwt", "vault:kv/jwt"],
)
def test_what_must_be_replaced_first_is_no_credential(value: str) -> None:
    assert found("JWT_SECRET", value) is None


def test_a_password_is_guessed_from_its_user_and_local_where_its_host_is() -> None:
    own = found("DATABASE_URL", "postgres://orders:orders@db/orders")
    near = found("DATABASE_URL", "postgres://orders:orders@localhost/orders")
    assert own is not None and own.guess is not None and not own.local
    assert near is not None and near.local
