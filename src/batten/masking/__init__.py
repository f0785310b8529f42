"""What must not appear in any output of batten: the secrets it found, and text that looks like one.

Two things find a secret. The *register* holds the values that readers and probes met, for this process only: they
are found again wherever they stand, in the encodings in which texts carry them. *Shapes* need no register: a value
behind a credential's name, a password in a URL, an issuer's token, a key block, a hash of a password.

Not every value may be looked for everywhere. A password can be an ordinary word ("postgres", "admin"): hidden wherever
it stands, it would turn product names and batten's own sentences into masks, and tell by that what it is. So a value is
looked for elsewhere only when it is *telling* (`values.telling`); any other is hidden where it stands as a value: behind
its name (a shape), and at the places that a reader noted (`note`). For the same reason there are two filters:
`masked` for text that is quoted (lines of files, answers, pointers), with every shape; `sentence` for what batten
says, with the shapes that no sentence has, and with every shape in what it quotes.

Strings are masked before a report is encoded, never the report: a value such as `": 1` would break it.
"""

from batten.masking.budget import brief_request, concise, shortened, window
from batten.masking.failures import failure
from batten.masking.filter import (
    apart,
    bares,
    filtered,
    masked,
    noted,
    part,
    places,
    sentence,
    spans,
    suspect,
    tokens,
)
from batten.masking.keys import holds_secret
from batten.masking.patterns import EXAMPLE_TOKENS, TOKEN_START, TOKENS, commands_in
from batten.masking.register import forget, heard, known, note, register
from batten.masking.values import MASK, telling

__all__ = [
    "EXAMPLE_TOKENS",
    "MASK",
    "TOKENS",
    "TOKEN_START",
    "apart",
    "bares",
    "brief_request",
    "commands_in",
    "concise",
    "failure",
    "filtered",
    "forget",
    "heard",
    "holds_secret",
    "known",
    "masked",
    "note",
    "noted",
    "part",
    "places",
    "register",
    "sentence",
    "shortened",
    "spans",
    "suspect",
    "telling",
    "tokens",
    "window",
]
