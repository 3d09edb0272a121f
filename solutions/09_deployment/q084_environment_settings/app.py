"""The newsletter service: one image, configured from outside."""

import secrets
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException
from settings import Settings, get_settings

CurrentSettings = Annotated[Settings, Depends(get_settings)]


def create_app() -> FastAPI:
    is_public = get_settings().environment != "prod"
    # Without the schema, FastAPI has no pages about it either.
    app = FastAPI(title="Newsletter", openapi_url="/openapi.json" if is_public else None)

    @app.get("/about")
    def about(settings: CurrentSettings):
        return {
            "environment": settings.environment,
            "sender": settings.sender,
            "smtp_host": settings.smtp.host,
            "topics": settings.topics,
        }

    @app.post("/issues", status_code=202)
    def send_issue(settings: CurrentSettings, x_token: Annotated[str, Header()] = ""):
        token = settings.api_token.get_secret_value()
        if not secrets.compare_digest(x_token.encode(), token.encode()):
            raise HTTPException(401, "Not your newsletter")
        return {"status": "accepted"}

    return app
