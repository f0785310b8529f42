from batten.technologies import Technology

technology = Technology(
    "apache",
    "Apache httpd",
    files=(
        "*.conf",
        "*.conf.template",
        "*.vhost",
        "*.apache",
        "sites-enabled/*",
        "sites-available/*",
        ".htaccess",
        "htaccess",
    ),
    # A section, or a directive of httpd's own without the semicolon that nginx would end it with.
    # Names of sections and directives are the same in any case (https://httpd.apache.org/docs/2.4/configuring.html#syntax); words
    # that other formats begin lines with count in small letters only where what follows is httpd's.
    sniff=r"^[ \t]*<(?i:VirtualHost|Directory|DirectoryMatch|Location|LocationMatch|Files|FilesMatch|IfModule|Proxy|Limit"
    r"|LimitExcept|RequireAny|RequireAll|IfDefine|IfVersion|Macro)\b[^\n;]*>[ \t]*\r?$"
    r"|^[ \t]*(?:(?i:LoadModule[ \t]+\w+_module|ServerRoot|ServerTokens|ServerSignature|TraceEnable|DocumentRoot|ServerName"
    r"|SSLEngine|SSLProtocol|SSLCipherSuite|SSLCertificateFile|Header[ \t]+(?:always|onsuccess|set|unset|append|merge|edit\*?|add)"
    r"|RequestHeader[ \t]+(?:set|unset|append|edit)|ProxyPass(?:Match)?|ProxyRequests|ProxyPreserveHost"
    r"|RewriteEngine[ \t]+(?:on|off)|RewriteCond[ \t]+%\{|RewriteRule|RedirectMatch"
    r"|SetEnvIf(?:NoCase)?|Options[ \t]+[-+]?(?:Indexes|FollowSymLinks|ExecCGI|MultiViews|SymLinksIfOwnerMatch)"
    r"|Require[ \t]+(?:all[ \t]+(?:granted|denied)|valid-user)|AuthType[ \t]+(?:Basic|Digest|Form)"
    r"|DirectoryIndex|ErrorDocument[ \t]+\d{3}|AddHandler|AddType|FileETag|php_(?:admin_)?(?:flag|value)(?!\[)"  # `php_value[name] =` is a pool of PHP-FPM
    r"|CustomLog|LogFormat|IncludeOptional|AllowOverride|HttpProtocolOptions|LimitRequest\w+|RequestReadTimeout)"
    r"|Redirect[ \t]+[\"/]?\w+|Options[ \t]+[-+]?(?:All|None|Includes)|Require[ \t]+(?:all|ip|host|local|valid-user|not|env|expr|user|group)"
    r"|Order[ \t]+(?:allow|deny),)\b(?![ \t]*[=:])(?![^\n]*[;{=][ \t]*\r?$)",
    # A section of an ini file, and a setting with its sign: a PHP-FPM pool has `php_flag[…] = …` and is none of httpd's.
    unless=r"^\[[^\]\n=,]{1,100}\][ \t]*\r?$(?=[\s\S]*^[ \t]*[\w.]+(?:\[[\w.]+\])?[ \t]*=)",
    after=("nginx", "haproxy"),
    fence="apache",
    example="httpd.conf",
    includes=True,
)
