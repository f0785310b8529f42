"""What is to be done about a setting of a store, where no remedy of all technologies says it."""

from __future__ import annotations

from batten.model import Remedy
from batten.model.record import record


@record
class SetOption(Remedy):
    """Give a setting this value, by the vendor's name. `breaks` says who may notice; "": no client does."""

    name: str
    value: str
    breaks: str = ""

    @property
    def decision(self) -> tuple[object, ...]:
        return (type(self).__name__, self.name)


@record
class AskOption(Remedy):
    """Settings that name files or networks which only the operator knows, as a question."""

    title: str
    question: str

    @property
    def decision(self) -> tuple[object, ...]:
        return (type(self).__name__, self.title)


@record
class RuleMethod(Remedy):
    """Let a rule for logins ask for what this method asks for."""

    method: str


@record
class RuleClients(Remedy):
    """Let a rule for logins admit these clients only, in the vendor's words."""

    clients: str


@record
class RuleOverTls(Remedy):
    """Let a rule for logins admit clients over TLS only."""
