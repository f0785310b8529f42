"""A version that other evidence contradicts is in doubt, in all that name it."""

from __future__ import annotations

import pytest

from batten.facts import Banner, Component
from batten.live.banners import weighed
from batten.live.reading import read_transcript

URL = "https://api.example.com/v1"
PAGE = "<hr><address>Apache/2.4.71 (Debian) Server at api.example.com Port 443</address>"


def _answer(server: str, status: str = "200 OK", body: str = "{}", url: str = URL) -> list[object]:
    media = "text/html" if body.startswith("<") else "application/json"
    return list(read_transcript(url, f"HTTP/1.1 {status}\nServer: {server}\nContent-Type: {media}\n\n{body}"))


def _doubts(*answers: list[object]) -> set[str]:
    facts = [fact for answer in answers for fact in answer if isinstance(fact, Banner | Component)]
    return {fact.doubt for fact in weighed(facts) if isinstance(fact, Banner | Component)}


def test_a_page_of_another_server_puts_all_answers_with_the_header_in_doubt() -> None:
    said = "the error page of the same answer names Apache/2.4.71"
    assert _doubts(_answer("nginx/1.18.0"), _answer("nginx/1.18.0", "404 Not Found", PAGE)) == {said}
    assert _doubts(_answer("Apache/2.4.71"), _answer("Apache/2.4.71", "404 Not Found", PAGE)) == {""}
    assert _doubts(_answer("nginx"), _answer("nginx", "404 Not Found", PAGE)) == {
        ""
    }  # a proxy, and what is behind


@pytest.mark.parametrize(
    ("versions", "doubted"),
    [(("1.18.0", "1.26.3"), True), (("1.18.0", "1.18.0"), False), (("1.18", "1.18.0"), False)],
)
def test_two_versions_of_one_product_at_one_address_are_in_doubt(
    versions: tuple[str, str], doubted: bool
) -> None:
    doubts = _doubts(*(_answer(f"nginx/{version}") for version in versions))
    assert bool(doubts - {""}) is doubted
    elsewhere = _answer("nginx/1.26.3", url="https://other.example.com/")
    assert _doubts(_answer("nginx/1.18.0"), elsewhere) == {""}
