"""Serves `app:app` in production: `python serve.py`."""

import os

import uvicorn

if __name__ == "__main__":
    uvicorn.run(
        "app:app",
        host=os.environ.get("HOST", "127.0.0.1"),
        port=int(os.environ.get("PORT", "8000")),
        root_path=os.environ.get("ROOT_PATH", ""),
        forwarded_allow_ips=os.environ.get("TRUSTED_PROXIES", "127.0.0.1"),
        timeout_graceful_shutdown=int(os.environ.get("GRACE_SECONDS", "20")),
    )
