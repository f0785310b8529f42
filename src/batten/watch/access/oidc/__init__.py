"""Log in with an OpenID provider: the authorization code flow of OpenID Connect Core 1.0 with PKCE (RFC 7636), as RFC 9700 says.

What the provider sends is a stranger's until its signature and its claims are verified; its users are known by issuer and
subject alone, never by a name or an address of theirs.
"""


class OidcProblem(Exception):
    """A log-in with the provider that did not succeed; the sentence says why, without secrets."""
