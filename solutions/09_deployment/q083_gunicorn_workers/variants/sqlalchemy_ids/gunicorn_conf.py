"""What gunicorn reads with `gunicorn -c gunicorn_conf.py app:app`."""

from os import cpu_count, environ


def setting(name, default):
    return environ.get(name, default)


bind = setting("HOST", "0.0.0.0") + ":" + setting("PORT", "8000")
# Where WEB_CONCURRENCY is set, gunicorn takes it by itself.
if "WEB_CONCURRENCY" not in environ:
    workers = max(cpu_count() or 2, 2)
worker_class = "uvicorn_worker.UvicornWorker"
graceful_timeout = setting("GRACE_SECONDS", "30")
keepalive = 75
max_requests = 10000
max_requests_jitter = 1000
forwarded_allow_ips = setting("TRUSTED_PROXIES", "127.0.0.1")
accesslog = "-"
