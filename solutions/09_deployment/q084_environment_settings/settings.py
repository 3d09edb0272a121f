"""Settings of the newsletter service: read once, and checked before anything starts."""

import os
from functools import lru_cache
from typing import Annotated, Literal, Self

from pydantic import BaseModel, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Smtp(BaseModel):
    host: str = "localhost"
    port: int = 25


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="NEWS_",
        env_nested_delimiter="__",
        env_file=".env",
        secrets_dir=os.environ.get("SECRETS_DIR"),
        extra="ignore",
        hide_input_in_errors=True,
    )

    environment: Literal["dev", "staging", "prod"] = "dev"
    debug: bool = False
    sender: str = "news@localhost"
    api_token: SecretStr
    smtp: Smtp = Smtp()
    # Without NoDecode, the text would have to be JSON before any validator sees it.
    topics: Annotated[list[str], NoDecode] = []

    @field_validator("topics", mode="before")
    @classmethod
    def split(cls, value: object) -> object:
        if isinstance(value, str):
            return [topic.strip() for topic in value.split(",") if topic.strip()]
        return value

    @model_validator(mode="after")
    def is_fit_for_prod(self) -> Self:
        if self.environment == "prod" and self.debug:
            raise ValueError("debug must be off in prod")
        if self.environment == "prod" and len(self.api_token.get_secret_value()) < 16:
            raise ValueError("the token is too short for prod")
        return self


@lru_cache
def get_settings() -> Settings:
    return Settings()
