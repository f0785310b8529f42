"""What was made of an operation's last answer: the next often has the same headers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field

from batten.guard.served import Plan
from batten.guard.verdicts import AnswerHead, Headers, Replace
from batten.model.record import record


@record
class RenderedHeaders:
    """`given` are its headers in a list, as applications hand them in. `dressed` is what they become, by the body's
    length."""

    given: list[tuple[bytes, bytes]]
    head: AnswerHead
    plan: Plan
    is_kept: bool = False  # the body is waited for
    can_prove: bool = False  # a body that was judged before need not be judged again
    with_headers: dict[int, Headers] = field(default_factory=dict)
    unfit: Replace | None = None  # the headers themselves cannot be sent

    def fits(self, status: int, given: Iterable[object]) -> bool:
        return self.given == given and self.head.status == status

    @property
    def may_be_kept(self) -> bool:
        """Cookies are their owner's."""
        return all(name != b"set-cookie" for name, _ in self.given)
