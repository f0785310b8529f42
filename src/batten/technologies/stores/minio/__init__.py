from batten.technologies import Technology

technology = Technology(
    "minio",
    "MinIO",
    files=("minio", "minio.conf", "*minio*.env", "config.env"),
    sniff=r"^[ \t]*(?:export[ \t]+)?MINIO_(?:ROOT_USER|ROOT_PASSWORD|VOLUMES|OPTS|ACCESS_KEY|SECRET_KEY)=",
    example="default/minio",
)
