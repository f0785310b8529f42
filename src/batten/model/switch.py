"""Everything in a stack that can be on or off, by one name each."""

from __future__ import annotations

from enum import Enum


class Switch(Enum):
    """On means present: the control says whether that is bad. A reader says the state of one in a fact
    (`Feature`, `BuildStep` …), a remedy (`TurnOn`, `TurnOff`) what it should be, a writer how to get there.
    """

    # Modes for developers, and what they show.
    DEBUG = "debug"
    DEBUGGER = "debugger"  # a request that fails opens one at the server's terminal
    DEBUG_BUILD = "debug-build"  # compiled for a debugger, without limits on time; shows nothing by itself
    DEBUG_LOG = "debug-log"  # the log holds headers of requests and answers
    RELOAD = "reload"
    DOCS = "docs"
    CONSOLE = "console"  # unauthenticated callers reach it
    CONSOLE_LOGIN = "console-login"  # they reach its login page
    METRICS = "metrics"
    ERROR_DETAILS = "error-details"
    BANNER = "banner"  # a header or page names the product's version

    # How an edge treats requests and answers.
    ACCESS_RULE = "access-rule"  # a rule that restricts access does so
    ANONYMOUS_WRITES = "anonymous-writes"
    ANY_NAME = "any-name"  # a private service answers to names that are not its own
    CLIENT_UPSTREAM = "client-upstream"  # the request decides which host is called
    COOKIE_FLAGS = "cookie-flags"  # all of Secure, HttpOnly and SameSite
    CREDENTIAL_IN_LINK = "credential-in-link"
    CREDENTIAL_IN_URL = "credential-in-url"
    GRAPHQL_ALIASES = "graphql-aliases"  # one query may ask for a field under any number of names
    GRAPHQL_BATCHING = "graphql-batching"
    GRAPHQL_DEPTH = "graphql-depth"  # a query may nest deeply
    GRAPHQL_GET_MUTATION = "graphql-get-mutation"
    DESYNC = "desync"  # two servers read the length of one request differently
    HOST_CHECK = "host-check"  # a Host header that is not known is refused
    HOST_REDIRECT = "host-redirect"  # a redirect leads to whatever Host the request names
    INHERIT_HEADERS = "inherit-headers"  # a nested block keeps the headers of the one around it
    INVALID_HEADERS = "invalid-headers"  # requests that servers read differently are let through
    LISTING = "listing"
    LOGIN = "login"
    LOGIN_WAIVED = "login-waived"  # off where the code of the operation itself says so
    LOCKOUT = "lockout"  # wrong passwords of one user are counted, and end in a pause
    LOGIN_GUESSING = "login-guessing"  # wrong passwords of one user are answered without an end
    MEDIA_TYPE = "media-type"  # the answer's Content-Type is that of its body
    METHOD_OVERRIDE = "method-override"
    ON_DEMAND_TLS = "on-demand-tls"  # a certificate is asked for whatever name a client sends
    OPEN_BY_DEFAULT = "open-by-default"  # what a framework allows where a view says nothing
    OPEN_PROXY = "open-proxy"
    OPEN_REDIRECT = "open-redirect"
    PLAIN_LOGIN = "plain-login"  # passwords over plain HTTP
    PROJECT_ROOT = "project-root"  # the web root is the folder that the program is started in
    RESPONSE_SPLITTING = "response-splitting"
    ROUTE = "route"  # a path is registered
    SHARED_CACHE = "shared-cache"  # one cached answer serves callers with different credentials
    SNIPPETS = "snippets"
    SYSTEM_ROOT = "system-root"  # the web root is a folder of the operating system
    TOKEN_EXPIRY = "token-expiry"  # tokens are refused once their time is over
    TRACE = "trace"
    TRAVERSAL = "traversal"
    UNKEYED_HEADER = "unkeyed-header"  # a header that is no part of a cache's key decides what it stores

    # Encryption.
    ENCRYPTED_UPSTREAM = "encrypt-upstream"
    ENCRYPTION_AT_REST = "encryption-at-rest"
    ENCRYPTION_IN_TRANSIT = "encryption-in-transit"
    MESH_PLAIN = "mesh-plain"  # a mesh connects, or accepts connections, without mutual TLS
    PLAIN = "plain"  # a store's listener without TLS
    TLS_ONLY = "tls-only"
    VERIFY_TLS = "verify-tls"

    # Logs and history.
    ACCESS_LOG = "access-log"
    AUDIT_LOG = "audit-log"
    ERROR_LOG = "error-log"
    HISTORY_LINE = "history-line"  # a line of a shell's history that holds a credential
    VERSIONING = "versioning"  # earlier versions of objects are kept

    # Workloads and their engine.
    APPARMOR_UNCONFINED = "apparmor-unconfined"
    CAP_DROP_ALL = "cap-drop-all"
    DEVICE = "device"
    EXPOSED_BY_DEFAULT = "exposed-by-default"  # containers are routed to unless they refuse
    HEALTH_CHECK = "health-check"
    HOST_CGROUP = "host-cgroup"  # HOST_*: the workload shares this namespace of its host
    HOST_IPC = "host-ipc"
    HOST_NETWORK = "host-network"
    HOST_PID = "host-pid"
    HOST_USERS = "host-users"
    HOST_UTS = "host-uts"
    INTERNAL = "internal"  # a network without a way out
    MOUNT = "mount"
    NO_NEW_PRIVILEGES = "no-new-privileges"
    PORT = "port"  # an image offers it
    PRIVILEGED = "privileged"
    READ_ONLY_ROOT = "read-only-root"
    ROOT_WORKER = "root-worker"
    RUN_AS_NON_ROOT = "run-as-non-root"
    SECCOMP_UNCONFINED = "seccomp-unconfined"
    SYSCTL = "sysctl"  # a kernel setting that others on the machine notice
    UNMASKED_PROC = "unmasked-proc"

    # Builds of images.
    ADD_LOCAL = "add-local"  # ADD where COPY does
    ADD_URL = "add-url"  # ADD of a URL without a checksum
    CREDENTIAL_FILE = "credential-file"
    HOST_NETWORK_STEP = "host-network-step"
    PACKAGE_CACHE = "package-cache"
    PACKAGE_UNVERIFIED = "package-unverified"
    PLAIN_DOWNLOAD = "plain-download"  # over HTTP, and no checksum is compared
    PRIVILEGED_STEP = "privileged-step"
    REMOTE_SCRIPT = "remote-script"  # curl | sh
    ROOT_ACCESS = "root-access"  # a login as root, or sudo without a password
    SECRET_ARGUMENT = "secret-argument"
    SET_USER_ID = "set-user-id"
    SUDO = "sudo"
    STALE_INDEX = "stale-index"  # package lists that the build cache keeps
    WORLD_WRITABLE = "world-writable"

    # Pipelines.
    BOT_NAME = "bot-name"  # a condition that any pull request may fulfil
    COMMANDS_IN_OUTPUT = "commands-in-output"  # what a step prints sets variables of later ones
    DEBUG_TRACE = "debug-trace"  # the log shows every variable
    DEFAULT_PERMISSIONS = "default-permissions"  # of a job's token, where none are listed
    EVERY_SECRET = "every-secret"
    EXTERNAL_CODE = "external-code"  # code of packages runs where passwords of registries are
    FORK_ARTIFACT = "fork-artifact"  # of a run that a fork's code was part of
    FORK_CHECKOUT = "fork-checkout"  # a fork's code, where secrets are
    FORK_ON_OWN_MACHINE = "fork-on-own-machine"
    INHERITED_SECRETS = "inherited-secrets"
    INTERPOLATED_TEXT = "interpolated-text"  # text of others in code
    JOB_VARIABLES = "job-variables"  # text of others in the variables of later steps
    KEPT_CREDENTIALS = "kept-credentials"  # the job's token, in a file of the working copy
    PLAIN_DAEMON = "plain-daemon"  # a job's Docker daemon without TLS
    PRIVILEGED_TRIGGER = "privileged-trigger"
    PUBLISHED_CREDENTIALS = "published-credentials"  # such a file, in an artifact
    RELEASE_CACHE = "release-cache"
    SHARED_SECRET = "shared-secret"  # every job's variables hold it
    SUBSTRING_CONDITION = "substring-condition"
    TRUE_CONDITION = "true-condition"  # a text, which is always true
    UNPROTECTED_CACHE = "unprotected-cache"  # jobs of protected branches share it with all others
    UNMASKED_SECRET = "unmasked-secret"

    # Clusters.
    ALLOWED = "allowed"  # a policy for pods lets them do what few need
    ALWAYS_ALLOW = "always-allow"  # the daemon authorises every request
    ANONYMOUS_AUTH = "anonymous-auth"
    AUTO_TLS = "auto-tls"  # etcd with certificates that it signed itself
    CLIENT_CERT_AUTH = "client-cert-auth"
    DEFAULT_ACCOUNT = "default-account"  # a role is bound to the account of all pods
    DEFAULT_DENY = "default-deny"  # a network policy that refuses what no other allows
    INSECURE_PORT = "insecure-port"
    PEER_CLIENT_CERT_AUTH = "peer-client-cert-auth"
    PROFILING = "profiling"
    READ_ONLY_PORT = "read-only-port"
    SERVICE_ACCOUNT_TOKEN = "service-account-token"
    SUBJECT = "subject"  # a role binding's
    WIDE_ROLE = "wide-role"
    WIDE_RULE = "wide-rule"

    # Stores; those with a product's own word are its options.
    ALLOW_ANY_ORIGIN = "http.cors.allow-origin"
    ALLOW_EVERYONE = "allow.everyone.if.no.acl.found"
    RESET = "allow_reset"  # a request deletes all data
    ANONYMOUS_SUPER_USER = "super.users"  # it names anonymous clients
    DEBUG_COMMAND = "enable-debug-command"
    DEMO_CERTIFICATES = "allow_unsafe_democertificates"
    DESTRUCTIVE_WILDCARDS = "action.destructive_requires_name"  # it is off
    EVERYONE_AUTHORIZED = "AllowAllAuthorizer"
    FOUR_LETTER_COMMANDS = "4lw.commands.whitelist"  # it allows all of them
    LOCAL_INFILE = "local-infile"
    MODULE_COMMAND = "enable-module-command"
    PROTECTED_CONFIGS = "enable-protected-configs"
    PROTECTED_MODE = "protected-mode"
    REINDEX_FROM_ANY = "reindex.remote.whitelist"  # it names every host
    SCRIPTED_FUNCTIONS = "scripted_user_defined_functions_enabled"
    SECURE_FILE_PRIV = "secure-file-priv"
    OPEN_WITHOUT_ACL = "KAFKA_ALLOW_EVERYONE_IF_NO_ACL_FOUND"
    SKIP_ACL = "skipACL"
    TEST_COMMANDS = "enableTestCommands"
    UNRESTRICTED_PROCEDURES = "NEO4J_dbms_security_procedures_unrestricted"

    # Clouds.
    FIREWALL = "firewall"
    AUTOMATIC_UPDATES = (
        "automatic-updates"  # a managed service installs the vendor's minor versions, or scans images
    )
    SAFEGUARD = "safeguard"  # one of those that a managed service offers
    METADATA_TOKENS = "metadata-tokens"  # a machine's metadata are given for a session token only
    PUBLIC = "public"
    PUBLIC_ACCESS_BLOCK = "public-access-block"
    PUBLIC_ACL = "public-acl"
    SOURCE_NAMED = "source-named"  # a service's permission names the resource that it acts for

    # Contracts.
    FLOW = "flow"  # of OAuth
    OPERATION = "operation"
    PADDING = "padding"  # answers of random length, against their length over TLS
