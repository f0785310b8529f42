from batten.technologies import Technology

technology = Technology(
    "python",
    "Python",
    files=("*.py",),
    # Words only: it is asked of every Python file, and one that names them in a comment is soon read.
    sniff=r"verify(?:_ssl|_certs)?['\"]?\s*[=:](?!=)|verify_mode|validate_cert|CERT_NONE|cert_reqs|check_hostname|assert_hostname"
    r"|_unverified_context|ssl\s*=\s*(?:False|[A-Z])|tls(?:Insecure|AllowInvalid)|TCPConnector\(",
    example="client.py",
    certain=False,
)
