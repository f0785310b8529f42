from batten.technologies import Technology

technology = Technology(
    "kafka",
    "Apache Kafka",
    files=("*.properties",),
    # Settings of a broker or a controller: clients, Connect and MirrorMaker have none of them.
    sniff=r"^[ \t]*(?:broker\.id|process\.roles|advertised\.listeners|inter\.broker\.listener\.name|controller\.quorum\.\w+)[ \t]*[=:]",
    unless=r"^[ \t]*(?:group\.id|key\.converter|connector\.class)[ \t]*=",
    example="server.properties",
)
