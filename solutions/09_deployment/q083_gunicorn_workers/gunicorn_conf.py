"""What gunicorn reads with `gunicorn -c gunicorn_conf.py app:app`."""

import os

# In a container, everybody who asks comes from outside.
bind = f"{os.environ.get('HOST', '0.0.0.0')}:{os.environ.get('PORT', '8000')}"  # noqa: S104
workers = int(os.environ.get("WEB_CONCURRENCY", max(os.cpu_count() or 1, 2)))
worker_class = "asgi"

graceful_timeout = int(os.environ.get("GRACE_SECONDS", "30"))
keepalive = 75
max_requests = 10000
max_requests_jitter = 1000

forwarded_allow_ips = os.environ.get("TRUSTED_PROXIES", "127.0.0.1")

accesslog = "-"
errorlog = "-"
