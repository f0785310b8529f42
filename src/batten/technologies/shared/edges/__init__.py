"""What reverse proxies, gateways and load balancers have in common. Read this before you write an edge.

An edge's adapter is a folder of readers, each `Iterator[Fact]` over a tree of its configuration, and of
writers. nginx and haproxy are the models. A subject is a folder: `headers/reading.py` yields the facts,
`headers/writing.py` makes the edits. What edges share is beside this guide:

    _containers.versions image_version(main, workspace, "httpd"): the version that runs the file, from the
                    Dockerfile or Compose file beside it; at_least(version, (2, 4)) is None when unknown
    headers         HeaderChange and fold(): rules in their order -> what is sent, for ResponseHeaders;
                    unknown_headers(at) where something unread may send; cors_of(): a CorsPolicy from
                    headers; cookie_of(), flagged(): Set-Cookie; SHARED: who else gets a header
    origins         origin(), reflected(), pattern(), wildcard(): the OriginRules of a CORS feature;
                    expression(): an anchored expression for exactly these origins; no_policy(): the
                    CorsPolicy of a place that lets no origin in
    tls             version_named(): VersionTLS12, TLSv1_2 … -> TLSv1.2; between("TLSv1.2"): the range;
                    openssl_suite()/iana_suite(): a suite's two names; BUNDLE: the system's authorities;
                    the `breaks` sentences of TLS fixes
    _containers.mounts  candidates(): where a path of the running system (a root, a certificate) lies here
    nodes           Node, Item: a directive in its context, with what is in it and around it; in_force(): what
                    it sets; includes: following them
    facts           reading(): an adapter's `read`, made of its readers
    writers         Writers: the table from a remedy, and from what is turned off or on, to its writer
    certificates    certificate_at(): the Certificate fact of a file, if it is here
    upstreams       target_of(): the parts of an upstream's URL; upstream_of(): the Upstream fact; is_loopback()
    paths           console_at(): what a path is known for; ASSET: endings of public files
    credentials     credential(): names that must not be logged
    questions       ask_*(): questions of fixes that need a person's word

Readers that every edge has, in this order, and the facts they yield:

    listeners   Listener      tls, redirects_to_tls, protocols and ciphers (default by version, in Setting's
                              `default`), certificate (its path)
    certificates  Certificate of each certificate file that lies in the reviewed tree
    answers     ResponseHeaders  one for each place that sends: on_errors=False where the product leaves
                              headers out of error answers (nginx without `always`, Apache without `always`);
                              `dropped` where a nested place loses its parent's
    banners     Banner        only if the product names its version by default, or is told to
    cookies     Cookie        only what the edge itself sets, or flags that it rewrites
    policies    CorsPolicy    origins ABSENT where none is let in (value=ABSENT), UNKNOWN where not known
    routes      Route         methods ABSENT: any verb passes; trace: whether TRACE is answered
    upstreams   Upstream      from_client: where a request decides the host
    limits      Limits        None: the product has no such limit; ABSENT with default: it has, unset
    rules       AccessRule    defeat: why a rule does nothing, in words
    logs        AccessLog     carries: credentials in the format
    features    Feature       "console"/"metrics" (on: open to everybody), "host-check" (on: checked),
                              "invalid-headers" (on: let through), "response-splitting", "open-proxy",
                              "error-details"
    roots       WebRoot       if it serves files

Rules that cost us: a plain listener that only redirects has no answers to protect; a listener on loopback
is no outsider's; an unread include, a plug-in, a template or a variable makes a value UNKNOWN, and absence
too; a header given twice is one list; a 3xx or 204 has nothing to frame or sniff; HSTS belongs to TLS only.
"""
