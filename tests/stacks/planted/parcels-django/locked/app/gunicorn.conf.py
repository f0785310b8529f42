bind = "0.0.0.0:8000"
workers = 3
threads = 4
worker_tmp_dir = "/dev/shm"

timeout = 30
graceful_timeout = 30
keepalive = 5
limit_request_line = 4094
limit_request_fields = 50
limit_request_field_size = 8190

certfile = "/run/secrets/api.crt"
keyfile = "/run/secrets/api.key"

accesslog = "-"
errorlog = "-"
