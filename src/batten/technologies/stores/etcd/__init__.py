from batten.technologies import Technology

technology = Technology(
    "etcd",
    "etcd",
    files=(
        "etcd*.yml",
        "etcd*.yaml",
        "etcd*.conf",
        "etcd.env",
        "default/etcd",
        "sysconfig/etcd",
        "etcd/config.yml",
        "etcd/config.yaml",
    ),
    # Two of its own settings, as YAML or as variables; a manifest of Kubernetes has its own keys.
    sniff=r"^(?:[\"']?(?:listen-client-urls|listen-peer-urls|advertise-client-urls|initial-advertise-peer-urls"
    r"|initial-cluster(?:-state|-token)?|client-transport-security|peer-transport-security|auto-compaction-\w+"
    r"|snapshot-count|quota-backend-bytes|listen-metrics-urls)[\"']?[ \t]*:"
    r"|[ \t]*(?:export[ \t]+)?ETCD_[A-Z_]+=)",
    unless=r"^(?:apiVersion|kind|services)[ \t]*:",
    example="etcd.conf.yml",
)
