"""What an API promises: OpenAPI documents as operations. The path matcher and the compiled validators, which
a review does without, are imported from their own modules: `contract.matcher`, `contract.validators`."""

from batten.contract.contract import (
    Body,
    Contract,
    Encoding,
    Media,
    Operation,
    Parameter,
    Response,
    Schema,
    SecurityScheme,
    Server,
)
from batten.contract.lookup import media_of, response_of, told_of
from batten.contract.reader import is_contract, load
from batten.contract.source import Place, document_of
from batten.contract.source import pointer as pointer_at

__all__ = [
    "Body",
    "Contract",
    "Encoding",
    "Media",
    "Operation",
    "Parameter",
    "Place",
    "Response",
    "Schema",
    "SecurityScheme",
    "Server",
    "document_of",
    "is_contract",
    "load",
    "media_of",
    "pointer_at",
    "response_of",
    "told_of",
]
