bind = "0.0.0.0:8000"
workers = 3
threads = 4

timeout = 0
forwarded_allow_ips = "*"
limit_request_field_size = 0
accesslog = None
errorlog = "-"
