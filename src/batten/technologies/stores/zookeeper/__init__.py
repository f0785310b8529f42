from batten.technologies import Technology

technology = Technology(
    "zookeeper",
    "Apache ZooKeeper",
    files=("zoo*.cfg", "zookeeper*.properties", "zoo*.cfg.dynamic"),
    sniff=r"^[ \t]*(?:tickTime|dataDir|clientPort|secureClientPort|initLimit|syncLimit|server\.\d+)[ \t]*[=:]",
    example="zoo.cfg",
)
