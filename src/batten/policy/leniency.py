"""What batten.yaml says of the guard: where it is lenient, and why."""

from __future__ import annotations

from enum import Enum

from batten.model.record import record


class Framework(Enum):
    """Frameworks whose habits the guard knows (guard/lenience/presets.py)."""

    FASTAPI = "fastapi"
    STARLETTE = "starlette"
    DJANGO = "django"
    DRF = "drf"
    FLASK = "flask"
    CONNEXION = "connexion"
    LITESTAR = "litestar"
    EXPRESS = "express"
    FASTIFY = "fastify"


class UndeclaredErrors(Enum):
    """What becomes of an error status that the contract does not declare. Its body never gets out."""

    KEEP_STATUS = "keep-status"
    REPLACE = "replace"  # by a 500


@record
class Relaxation:
    """What is observed only, and why. "" is any; `at` is where it is written.

    A `format` is an annotation then. A `status` ("404", "4XX") narrows rules about answers.
    """

    why: str
    rule: str = ""
    operation: str = ""
    status: str = ""
    format: str = ""
    at: str = ""


@record
class Leniency:
    """`also` are operations beyond the contract ("GET /docs"), whose bodies are not judged; `websockets` are paths of
    WebSockets beyond it."""

    framework: Framework | None = None
    undeclared_errors: UndeclaredErrors | None = None  # None: as if nothing were said, keep-status
    formats: bool = True  # whether formats are judged
    also: tuple[str, ...] = ()
    websockets: tuple[str, ...] = ()
    relaxations: tuple[Relaxation, ...] = ()
