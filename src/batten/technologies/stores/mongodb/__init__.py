from batten.technologies import Technology

technology = Technology(
    "mongodb",
    "MongoDB",
    files=("*mongod*.conf", "*mongos*.conf", "mongo.conf", "*mongod*.yaml", "*mongod*.yml", "mongod.cfg"),
    sniff=r"^[ \t]*(?:net|security|storage|systemLog|replication|sharding|processManagement|setParameter|operationProfiling|auditLog)"
    r"[ \t]*:",
    unless=r"^[ \t]*[\"']?(?:apiVersion|services|kind)[\"']?[ \t]*:",
    example="mongod.conf",
)
