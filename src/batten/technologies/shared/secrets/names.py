"""How files are named in which clients keep credentials, and which content decides about the others."""

from __future__ import annotations

# In no image and below no web root, whatever they hold: repositories, folders of credentials, variables, states, and what people typed.
SURE = (
    ".git", ".svn", ".hg", ".bzr", ".aws", ".azure", ".ssh", ".kube", ".gnupg", ".env", ".env.*", "*.tfvars", "*.tfstate", "*.tfstate.backup",
    ".*_history", ".*_history.*", ".*_history-*", ".*-history", ".*-history.*", ".*-history-*", ".history", ".zhistory", ".histfile", ".Rhistory", ".dbshell", ".lesshst", ".viminfo",
    "fish_history", "cqlsh_history", "mongosh_repl_history", "ConsoleHost_history.txt", ".htpasswd", ".mylogin.cnf", ".my.cnf", ".vault-token", ".git-credentials",
)  # fmt: skip
# Of these: files of stand-ins show no secret; one that holds a real one is found by its own reader.
STAND_INS = (".env.example", ".env.sample", ".env.template", ".env.dist")
# What they hold is read by `forms.py`; a name with a slash is the end of a path.
CREDENTIALS = (
    ".netrc", "_netrc", ".pgpass", "pgpass.conf", ".git-credentials", ".gitconfig", ".npmrc", ".yarnrc.yml", ".pypirc", "pip.conf", "pip.ini",
    ".dockercfg", ".docker/config.json", "containers/auth.json", ".aws/credentials", ".s3cfg", ".boto", ".passwd-s3fs",
    ".cargo/credentials", ".cargo/credentials.toml", ".gem/credentials", "auth.json", ".m2/settings.xml", "NuGet.Config",
    "nuget.config", "NuGet.config", "gradle.properties", ".terraformrc", "terraform.rc", "credentials.tfrc.json", ".vault-token", ".sentryclirc",
    "rclone.conf", "gh/hosts.yml", ".config/hub", "doctl/config.yaml", ".databrickscfg", "kaggle.json",
    ".smbcredentials", "ngrok.yml",
    "application_default_credentials.json", "gcloud/legacy_credentials/*/adc.json", ".azure/accessTokens.json", "azureauth.json",
    "client_secret*.json", ".mc/config.json", ".fly/config.yml", ".snowsql/config", ".streamlit/secrets.toml",
    "*.tfstate", "*.tfstate.backup", "aws/credentials", "*.PublishSettings", "*.publishsettings", "FileZilla.xml", "sitemanager.xml", "tomcat-users.xml",
    ".ftpconfig", "sftp-config.json", "sftp.json", ".remote-sync.json",
)  # fmt: skip
# What they are is told by their first bytes.
PROVED = (
    "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_rsa.*", "id_rsa_*", "id_rsa-*", "id_dsa.*", "id_ecdsa.*", "id_ed25519.*", "id_ed25519_*", "id_ed25519-*", "*.pem", "*.key", "*.ppk", "*.pkcs8", "*.pk8", "*.p8", "*.der",
    "*.jwk", "*.jwks", "*jwk*.json", "*jwks*.json", "*.jks", "*.keystore", "*.ks", "*.jceks", "*.p12", "*.pfx", "*.pkcs12", "*.kdbx", "*.gpg.asc", "*secret*.asc", "*private*.asc",
    "*.agekey", "keys.txt", "key.txt", "wg*.conf", "*.ovpn", "*service*account*.json", "*serviceAccount*.json", "*credentials*.json", "*firebase-adminsdk*.json", "key-????????-????-????-????-????????????.xml", "*-key.json", "key.json", "keyfile.json",
    "*-????????????.json", ".htpasswd", "htpasswd", ".htpasswds", "*.htpasswd", ".htdigest", "*.htdigest", "shadow",
    "*.sql", "*.sql.gz", "*.pgsql", "*.dump", "*.dump.gz", "*.pgdump", "*.rdb", "*.archive", "*.sqlite", "*.sqlite3", "*.db", "*.mdb", "*.accdb", "*.har",
    "tfplan", "tfplan*", "*.tfplan", "*-tfplan", "*_tfplan", "plan.out", "*.plan", "plan.bin", "terraform.plan",
)  # fmt: skip
# Copies that editors and people leave beside a file.
LEFT = (".*.swp", ".*.swo", ".*.swn", "*~", "*.bak", "*.orig", "*.old", "*.save", "*.backup")
ENDS = ("~", ".bak", ".orig", ".old", ".save", ".backup")


def original(path: str) -> str:
    """The file of which this one is a copy by its name, or the path itself."""
    end = next((end for end in ENDS if path.endswith(end) and len(path) > len(end)), "")
    return path.removesuffix(end) if end and not path.endswith(".tfstate.backup") else path
