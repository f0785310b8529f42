from batten.technologies import Technology

technology = Technology(
    "gunicorn",
    "Gunicorn",
    files=("gunicorn*.py", "*gunicorn.py", "*gunicorn.conf.py", "*gunicorn_conf.py", "*gunicorn_config.py"),
    sniff=r"^[ \t]*(?:bind|workers|worker_class|threads|forwarded_allow_ips|accesslog|errorlog|pidfile|reload|"
    r"proc_name|limit_request_\w+|certfile|preload_app|keepalive|max_requests|user|group)[ \t]*=",
    example="gunicorn.conf.py",
)
