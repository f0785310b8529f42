from batten.technologies import Technology

technology = Technology(
    "docker",
    "Docker daemon",
    files=("daemon.json",),
    sniff=(
        r"\A\s*\{[\s\S]*\"(?:hosts|tls(?:verify|cacert|cert|key)?|data-root|exec-opts|log-(?:driver|opts|level)|"
        r"registry-mirrors|insecure-registries|storage-driver|live-restore|default-address-pools|default-ulimits|"
        r"icc|userns-remap|userland-proxy|no-new-privileges|iptables|seccomp-profile|metrics-addr|builder|proxies|allow-direct-routing|default-cgroupns-mode|bip|dns|runtimes|features|experimental)\"\s*:"
    ),
    fence="docker-daemon",
    example="daemon.json",
)
