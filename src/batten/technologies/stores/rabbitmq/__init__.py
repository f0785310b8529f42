from batten.technologies import Technology

technology = Technology(
    "rabbitmq",
    "RabbitMQ",
    files=(
        "*rabbitmq*.conf",
        "rabbitmq/conf.d/*.conf",
        "rabbitmq/*.conf",
        "rabbitmq/**/conf.d/*.conf",
        "rabbitmq*.config",
        "advanced.config",
        "*definitions*.json",
    ),
    # Keys of cuttlefish's schemas; an environment file (rabbitmq-env.conf) has none in lower case.
    sniff=r"^[ \t]*(?:listeners|loopback_users|default_(?:user|pass|vhost|permissions|users)|ssl_options|management|log|auth_\w+"
    r"|cluster_\w+|vm_memory_\w+|disk_free_limit|mqtt|stomp|prometheus|queue_\w+|consumer_timeout|heartbeat|anonymous_login_\w+"
    r"|net_ticktime|load_definitions|definitions|total_memory_\w+|channel_max|frame_max|max_message_size)(?:\.[\w.$-]+)?[ \t]*="
    r"|^[\[ \t]*\{[ \t]*(?:rabbit|rabbitmq_\w+)[ \t]*,"  # Erlang terms
    r"|\"(?:rabbit(?:mq)?_version|password_hash|hashing_algorithm|configure)\"[ \t]*:",  # definitions
    unless=r"^\[[\w.-]+\]",
    example="rabbitmq.conf",
)
