from __future__ import annotations

from enum import Enum


class Context(Enum):
    """What a place in a tree is for. Policy says what it does to severity and to the verdict."""

    __hash__ = object.__hash__  # a member is itself alone, and places are looked up by the thousand

    PRODUCTION = "production"
    DEVELOPMENT = "development"
    TEST = "test"
    EXAMPLE = "example"
    VENDORED = "vendored"
    ARCHIVED = "archived"
    GITIGNORED = "gitignored"

    @staticmethod
    def named(word: str) -> Context | None:
        """What a folder, a profile or a build stage of this name is for; None where the name does not tell."""
        return _NAMES.get(word.lower())


_WORDS = {
    Context.DEVELOPMENT: "dev devel develop development local localhost debug hack .devcontainer gitpod .gitpod",
    Context.TEST: "test tests testing testdata testenv testbed test-fixtures fixture fixtures spec specs ci .ci e2e mock mocks "
    "cypress playwright e2e-test e2e-tests e2e_tests unittests unit-tests unit_tests functional-tests functional_tests acceptance-tests acceptance_tests "
    "integration-test integration-tests integration_test integration_tests "
    "_test _tests _integration-test _integration-tests __tests__ __fixtures__ __mocks__",
    Context.EXAMPLE: "example examples sample samples demo demos tutorial tutorials quickstart "
    "doc docs documentation",
    Context.VENDORED: "vendor vendors vendored _vendor third_party third-party thirdparty node_modules "
    "bower_components site-packages",
}
_NAMES = {word: context for context, words in _WORDS.items() for word in words.split()}
