"""What an API promises: OpenAPI documents as operations, a path matcher, and compiled validators."""

from batten.contract.contract import (
    Body,
    Contract,
    Media,
    Operation,
    Parameter,
    Response,
    Schema,
    SecurityScheme,
    Server,
)
from batten.contract.lookup import media_of, response_of
from batten.contract.matcher import Match, Matcher
from batten.contract.reader import is_contract, load
from batten.contract.source import Place, document_of
from batten.contract.strict_json import strict_json
from batten.contract.validators import SchemaProblem, Validator, Validators

__all__ = [
    "Body",
    "Contract",
    "Match",
    "Matcher",
    "Media",
    "Operation",
    "Parameter",
    "Place",
    "Response",
    "Schema",
    "SchemaProblem",
    "SecurityScheme",
    "Server",
    "Validator",
    "Validators",
    "document_of",
    "is_contract",
    "load",
    "media_of",
    "response_of",
    "strict_json",
]
