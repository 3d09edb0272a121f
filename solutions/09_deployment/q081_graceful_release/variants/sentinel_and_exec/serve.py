"""Turns itself into a uvicorn command."""

import os
import sys

env = os.environ.get
command = [sys.executable, "-m", "uvicorn", "app:app", "--proxy-headers"]
command += ["--host", env("HOST", "127.0.0.1"), "--port", env("PORT", "8000")]
command += ["--root-path", env("ROOT_PATH", ""), "--forwarded-allow-ips", env("TRUSTED_PROXIES", "127.0.0.1")]
command += ["--timeout-graceful-shutdown", env("GRACE_SECONDS", "20")]

if __name__ == "__main__":
    os.execv(sys.executable, command)
