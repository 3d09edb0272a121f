import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, status
from pydantic import BaseModel
from settings import Settings, get_settings

router = APIRouter()


class About(BaseModel):
    environment: str
    sender: str
    smtp_host: str
    topics: list[str]


@router.get("/about")
async def about(settings: Annotated[Settings, Depends(get_settings)]) -> About:
    shown = settings.model_dump(include={"environment", "sender", "topics"})
    return About(**shown, smtp_host=settings.smtp.host)


@router.post("/issues", status_code=status.HTTP_202_ACCEPTED)
async def issues(
    settings: Annotated[Settings, Depends(get_settings)],
    x_token: Annotated[str | None, Header()] = None,
):
    expected = settings.api_token.get_secret_value()
    if x_token is None or not secrets.compare_digest(x_token.encode(), expected.encode()):
        raise HTTPException(status.HTTP_401_UNAUTHORIZED)
    return {"status": "accepted"}


def create_app():
    docs = {"dev": "/openapi.json", "staging": "/openapi.json"}
    app = FastAPI(openapi_url=docs.get(get_settings().environment))
    app.include_router(router)
    return app


app = create_app()
