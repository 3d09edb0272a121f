import os
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode


def split(value):
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


class Smtp(BaseModel):
    host: str = "localhost"
    port: int = 25


class Settings(
    BaseSettings,
    env_prefix="NEWS_",
    env_nested_delimiter="__",
    env_file=".env",
    extra="ignore",
    hide_input_in_errors=True,
    **({"secrets_dir": os.environ["SECRETS_DIR"]} if "SECRETS_DIR" in os.environ else {}),
):
    environment: Literal["dev", "staging", "prod"] = "dev"
    debug: bool = False
    sender: str = "news@localhost"
    api_token: SecretStr
    smtp: Smtp = Smtp()
    topics: Annotated[list[str], NoDecode, BeforeValidator(split)] = []

    @model_validator(mode="after")
    def careful(self):
        if self.environment == "prod":
            problems = ["debug is on"] if self.debug else []
            problems += ["token is short"] if len(self.api_token) < 16 else []
            if problems:
                raise ValueError(", ".join(problems))
        return self


settings = Settings()


def get_settings():
    return settings
