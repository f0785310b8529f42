from batten.technologies import Technology

technology = Technology(
    "cassandra",
    "Apache Cassandra",
    files=("cassandra*.yaml", "cassandra*.yml", "scylla.yaml"),
    sniff=r"^[ \t]*(?:cluster_name|authenticator|authorizer|native_transport_port|commitlog_directory|data_file_directories|listen_address)"
    r"[ \t]*:",
    unless=r"^[\"']?(?:apiVersion|services|kind)[\"']?[ \t]*:",
    example="cassandra.yaml",
)
