from batten.technologies import Technology
from batten.technologies.shared.secrets.names import CREDENTIALS, LEFT, PROVED

technology = Technology(
    "credential_files",
    "Credential files, private keys and dumps",
    files=(*CREDENTIALS, *PROVED, *LEFT),
    fence="credentials",
    example=".netrc",
    certain=False,
)
