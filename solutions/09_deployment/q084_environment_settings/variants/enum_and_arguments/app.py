import hmac

import settings as configuration
from fastapi import Depends, FastAPI, HTTPException, Security
from fastapi.security import APIKeyHeader

header = APIKeyHeader(name="X-Token", auto_error=False)


def about(settings: configuration.Settings = Depends(configuration.get_settings)):
    return dict(
        environment=settings.environment,
        sender=settings.sender,
        smtp_host=settings.smtp.host,
        topics=settings.topics,
    )


def authorised(
    token: str | None = Security(header),
    settings: configuration.Settings = Depends(configuration.get_settings),
):
    if token is None:
        raise HTTPException(401)
    if not hmac.compare_digest(token.encode("utf-8"), settings.api_token.get_secret_value().encode("utf-8")):
        raise HTTPException(401)


def issues():
    return {"status": "accepted"}


def create_app() -> FastAPI:
    hidden = {}
    if configuration.get_settings().environment is configuration.Environment.PROD:
        hidden = {"docs_url": None, "redoc_url": None, "openapi_url": None}
    app = FastAPI(**hidden)
    app.add_api_route("/about", about, methods=["GET"])
    app.add_api_route("/issues", issues, methods=["POST"], status_code=202, dependencies=[Depends(authorised)])
    return app
