"""What pipelines run and trust: code of others, text of others, and switches of their own."""

from __future__ import annotations

from enum import Enum

from batten.facts.fact import Fact
from batten.model import Setting, Switch
from batten.model.record import record


class Author(Enum):
    """Who decides what a text says."""

    ANYONE = "anyone"  # issues, comments, branches of forks
    CALLER = "callers"  # inputs of a run that is started by hand, of a template or an action
    WRITER = "writers"  # names of branches, tags and releases


class CodeKind(Enum):
    """What is borrowed, as a finding names it."""

    ACTION = "action"
    WORKFLOW = "workflow"
    IMAGE = "image"
    TEMPLATE = "template"
    COMPONENT = "component"


@record(kw_only=True)
class InterpolatedText(Fact):
    """A text of others that is put into code before that runs, or that code runs as code."""

    expression: str  # as it is written: github.event.issue.title
    author: Author
    code: str  # what it becomes part of: "a shell script"
    privileged: bool  # the run has secrets, or a token that writes, for any author


@record(kw_only=True)
class BorrowedCode(Fact):
    """Code of others that a pipeline runs by a name."""

    kind: CodeKind
    name: str  # appleboy/ssh-action
    version: Setting[str]  # what follows the @ or the colon; ABSENT: none is named
    fixed: bool  # it is a commit or a digest
    verified: bool = True  # it may change, and is known to be kept by those who made the service
    archived: bool = False  # its owner has given it up
    secrets: tuple[str, ...] = ()  # those that it is given by name
    own: bool = False  # of the same owner as the repository


@record
class Released(Fact):
    """A folder from which a pipeline builds what it publishes: an image or charts."""

    path: str  # below the root


@record
class PipelineStep(Fact):
    """Something in a pipeline that weakens it."""

    weakness: Switch
    what: str = ""  # what it is about, as it is written
    privileged: bool = False  # the run has secrets, or a token that writes, for any author
