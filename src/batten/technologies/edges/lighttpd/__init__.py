from batten.technologies import Technology

technology = Technology(
    "lighttpd",
    "lighttpd",
    files=(
        "lighttpd.conf",
        "*lighttpd*.conf",
        "*lighttpd*.conf.*",
        "conf.d/*.conf",
        "vhosts.d/*.conf",
        "conf-available/*.conf",
        "conf-enabled/*.conf",
    ),
    # A setting of lighttpd's own with its operator, or one of its conditions: no other format has it.
    sniff=r"^[ \t]*(?:(?:server\.(?:modules|document-root|port|bind|tag|errorlog|username|dir-listing|max-[\w-]+)"
    r"|(?:setenv|accesslog|proxy|fastcgi|ssl|alias|auth|url|status|dir-listing|mimetype)\.[\w.-]+)[ \t]*(?:[+:]?=)[ \t]*[\"(\w]"
    r"|(?:else[ \t]+)?\$(?:HTTP|SERVER|REQUEST_HEADER|PHYSICAL)[ \t]*\[[ \t]*\"[\w-]+\"[ \t]*\][ \t]*[=!][=~^$])",
    example="lighttpd.conf",
    includes=True,
)
