import os

import uvicorn

if __name__ == "__main__":
    e = {
        "HOST": "127.0.0.1",
        "PORT": "8000",
        "ROOT_PATH": "",
        "TRUSTED_PROXIES": "127.0.0.1",
        "GRACE_SECONDS": "20",
    } | os.environ
    config = uvicorn.Config(
        "app:app",
        host=e["HOST"],
        port=int(e["PORT"]),
        root_path=e["ROOT_PATH"],
        forwarded_allow_ips=e["TRUSTED_PROXIES"].split(","),
        timeout_graceful_shutdown=int(e["GRACE_SECONDS"]),
    )
    uvicorn.Server(config).run()
