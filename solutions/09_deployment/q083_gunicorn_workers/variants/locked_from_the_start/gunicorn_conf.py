"""What gunicorn reads with `gunicorn -c gunicorn_conf.py app:app`."""

import os

HOST = os.environ.get("HOST", "0.0.0.0")
PORT = int(os.environ.get("PORT", 8000))
CPUS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

bind = f"{HOST}:{PORT}"
if "WEB_CONCURRENCY" in os.environ:
    workers = int(os.environ["WEB_CONCURRENCY"])
else:
    workers = CPUS if CPUS > 1 else 2
worker_class = "gunicorn.workers.gasgi.ASGIWorker"
graceful_timeout = int(os.environ.get("GRACE_SECONDS", 30))
keepalive = 75
max_requests = 10_000
max_requests_jitter = 1_000
forwarded_allow_ips = os.environ.get("TRUSTED_PROXIES", "127.0.0.1")
accesslog = "-"
errorlog = "-"
control_socket_disable = True
