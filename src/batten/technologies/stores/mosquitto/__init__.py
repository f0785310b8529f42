from batten.technologies import Technology

technology = Technology(
    "mosquitto",
    "Eclipse Mosquitto",
    files=("*mosquitto*.conf", "mosquitto/*.conf", "mosquitto/**/*.conf"),
    sniff=r"^[ \t]*(?:listener|port|allow_anonymous|password_file|acl_file|persistence|persistence_location|log_dest|log_type"
    r"|per_listener_settings|include_dir|connection|bind_address|max_queued_messages|certfile|require_certificate)[ \t]+\S",
    unless=r"^[ \t]*(?:server|location|upstream|defaults|frontend|backend)\b.*\{?[ \t]*$|^\[",
    example="mosquitto.conf",
)
