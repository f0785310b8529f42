from batten.technologies import Technology

technology = Technology(
    "memcached",
    "Memcached",
    files=("memcached*.conf", "sysconfig/memcached", "default/memcached"),
    # An option of its own at the start of a line, or the variables of Red Hat's file.
    sniff=r"^[ \t]*-(?:[pUsaAlurMckvPmftRCbBISFXWYeZo]\b|-(?:port|listen|udp-port|user|memory-limit|enable-\w+))"
    r"|^[ \t]*(?:OPTIONS|CACHESIZE|MAXCONN)=",
    unless=r"^\[[^\]\n]{1,100}\][ \t]*\r?$",
    example="memcached.conf",
)
