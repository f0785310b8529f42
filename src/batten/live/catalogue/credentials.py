"""Keys, tokens and password files by the names that tools give them."""

from __future__ import annotations

from batten.formats import magic
from batten.live.catalogue.item import both, file, keys, starts, text
from batten.live.exchange import Response

_PEM = text(r"^-----BEGIN (?:RSA |EC |DSA |OPENSSH |ENCRYPTED )?PRIVATE KEY-----")
_SSH = r"(?:ssh-(?:rsa|ed25519|dss)|ecdsa-sha2-\S+|sk-\S+@openssh\.com) AAAA"


def _key_store(response: Response) -> bool:
    return magic.is_pkcs12(response.body)


ITEMS = (
    file(
        "AWS credentials",
        text(r"^[ \t]*aws_(?:access_key_id|secret_access_key)\s*="),
        "/.aws/credentials /credentials /aws/credentials",
    ),
    file("AWS configuration", text(r"^\[(?:default|profile \S+)\]", r"^[ \t]*(?:region|role_arn|sso_\w+)\s*="), "/.aws/config"),
    file("S3 client credentials", text(r"^\[default\]", r"^access_key\s*="), "/.s3cfg"),
    file("Google storage credentials", text(r"^\[Credentials\]", r"^(?:gs|aws)_\w+\s*="), "/.boto"),
    file(
        "Google service account key",
        both(keys("type", "private_key", "client_email"), text(r'"service_account"')),
        "/service-account.json /credentials.json /key.json /serviceAccountKey.json /firebase-adminsdk.json"
        " /gcp-key.json /keyfile.json",
    ),
    file(
        "Google user credentials",
        keys("client_secret", "refresh_token"),
        "/.config/gcloud/application_default_credentials.json",
    ),
    file("Google OAuth client", text(r'"(?:web|installed)"\s*:\s*\{', r'"client_secret"\s*:'), "/client_secret.json"),
    file("Azure access tokens", text(r'"accessToken"\s*:', r'"tokenType"\s*:'), "/.azure/accessTokens.json"),
    file("Azure profile", keys("subscriptions", "installationId"), "/.azure/azureProfile.json"),
    file("Azure publish profile", text(r"<publishData>", r"userPWD="), "/app.PublishSettings"),
    file("Docker registry credentials", text(r'"auths"\s*:\s*\{', r'"auth"\s*:'), "/.docker/config.json /config.json"),
    file("Docker registry credentials", text(r'\A\s*\{\s*"[^"]+"\s*:\s*\{', r'"auth"\s*:\s*"'), "/.dockercfg"),
    file("Kubernetes credentials", text(r"^apiVersion: v1", r"^clusters:", r"^users:"), "/.kube/config /kubeconfig /kubeconfig.yaml /admin.conf"),
    file("Kubernetes secret", text(r"^kind: Secret\s*$", r"^(?:data|stringData):"), "/secret.yaml /secrets.yaml /k8s/secret.yaml /k8s/secrets.yaml"),
    file("npm credentials", text(r"_authToken\s*=|^_auth\s*=|_password\s*="), "/.npmrc"),
    file("Yarn credentials", text(r"^[ \t]*npmAuth(?:Token|Ident):"), "/.yarnrc.yml"),
    file("PyPI credentials", text(r"^\[(?:distutils|pypi)\]", r"^[ \t]*(?:password|username)\s*="), "/.pypirc"),
    file("package index credentials", text(r"^(?:extra-)?index-url\s*=\s*https?://[^\s/@]+:[^\s/@]+@"), "/pip.conf /.pip/pip.conf /.config/pip/pip.conf"),
    file("RubyGems credentials", text(r"^:rubygems_api_key:"), "/.gem/credentials"),
    file("Cargo credentials", text(r"^\[registr(?:y|ies)", r"^[ \t]*token\s*="), "/.cargo/credentials /.cargo/credentials.toml"),
    file("Composer credentials", text(r'"(?:http-basic|github-oauth|gitlab-token|bearer)"\s*:'), "/auth.json /.composer/auth.json"),
    file("NuGet credentials", text(r"<packageSourceCredentials>"), "/nuget.config /NuGet.Config"),
    file("Maven credentials", text(r"<server>", r"<password>"), "/.m2/settings.xml"),
    file("Gradle credentials", text(r"(?i)^(?=[^\s=]*(?:password|token|secret))[^\s=]++\s*=\s*\S+"), "/gradle.properties /.gradle/gradle.properties"),
    file("netrc", text(r"^[ \t]*machine \S+", r"\bpassword \S+"), "/.netrc /_netrc"),
    file("PostgreSQL password file", text(r"\A[^\s:]+:(?:\d+|\*):[^\s:]+:[^\s:]+:\S+"), "/.pgpass"),
    file("MySQL client configuration", text(r"^\[client\]", r"^[ \t]*password\s*="), "/.my.cnf"),
    file("password file", text(r"\A[\w.@-]+:(?:\$apr1\$|\$2[aby]\$|\$[156y]\$|\{SHA\})"), "/.htpasswd /htpasswd /.htpasswds"),
    file("digest password file", text(r"\A[\w.@-]+:[^:\n]+:[0-9a-f]{32}\s*$"), "/.htdigest"),
    file(
        "system accounts",
        text(r"^root:[^:]*:0:0:"),
        "/etc/passwd /../../../../etc/passwd /..%2f..%2f..%2f..%2fetc/passwd"
        " /static/..%2f..%2f..%2f..%2fetc/passwd /.%2e/.%2e/.%2e/.%2e/etc/passwd",
    ),
    file("system passwords", text(r"^root:(?:\$|!|\*)[^:]*:\d*:"), "/etc/shadow"),
    file(
        "private key",
        _PEM,
        "/id_rsa /id_ed25519 /.ssh/id_rsa /.ssh/id_dsa /.ssh/id_ecdsa /.ssh/id_ed25519 /server.key /private.key"
        " /privkey.pem /key.pem /private.pem /tls.key /ca.key /ssl.key /jwt.key /ssl/server.key /certs/server.key"
        " /certs/tls.key /storage/oauth-private.key /config/jwt/private.pem",
        anywhere=True,
    ),
    file("PuTTY key", text(r"\APuTTY-User-Key-File-\d:"), "/id_rsa.ppk /key.ppk"),
    file("Java key store", starts(magic.JAVA_KEY_STORE), "/keystore.jks /server.jks"),
    file("PKCS #12 key store", _key_store, "/keystore.p12 /server.p12 /certificate.pfx /server.pfx"),
    file("KeePass database", starts(magic.KEEPASS), "/passwords.kdbx /Database.kdbx"),
    file("known hosts", text(rf"^\S+ {_SSH}"), "/.ssh/known_hosts"),
    file("authorized keys", text(rf"^(?:\S+ )?{_SSH}"), "/.ssh/authorized_keys"),
    file("SSH configuration", text(r"^Host \S+", r"^[ \t]+(?:HostName|IdentityFile|User) "), "/.ssh/config"),
    file("Vault token", text(r"\A(?:hvs\.|s\.)[\w-]{20,}\s*\Z"), "/.vault-token"),
    file("Terraform credentials", keys("credentials"), "/.terraform.d/credentials.tfrc.json"),
    file("GitHub credentials", text(r"^[ \t]+oauth_token: \S+"), "/.config/gh/hosts.yml"),
    file("rclone configuration", text(r"^\[[\w-]+\]", r"^type = \w+"), "/.config/rclone/rclone.conf /rclone.conf"),
    file("MinIO client configuration", text(r'"accessKey"\s*:', r'"secretKey"\s*:'), "/.mc/config.json"),
    file("ngrok configuration", text(r"^[ \t]*authtoken: \S+"), "/.ngrok2/ngrok.yml /ngrok.yml"),
    file("Sentry credentials", text(r"^\[auth\]", r"^token\s*="), "/.sentryclirc"),
    file("WireGuard configuration", text(r"^\[Interface\]", r"^[ \t]*PrivateKey\s*="), "/wg0.conf"),
    file("OpenVPN configuration", text(r"^client\s*$", r"^remote \S+ \d+"), "/client.ovpn"),
    file("dotenv keys", text(r"^DOTENV_(?:PRIVATE_KEY|VAULT)\w*="), "/.env.keys /.env.vault"),
    file("Rails master key", text(r"\A[0-9a-f]{32}\s*\Z"), "/config/master.key"),
    file("Tomcat users", text(r"<tomcat-users\b", r"<user\b"), "/conf/tomcat-users.xml /tomcat-users.xml"),
)  # fmt: skip
