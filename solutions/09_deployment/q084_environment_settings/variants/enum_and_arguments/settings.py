import os
from enum import Enum

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Environment(str, Enum):
    DEV = "dev"
    STAGING = "staging"
    PROD = "prod"


class Mail(BaseModel):
    model_config = ConfigDict(frozen=True)

    host: str = "localhost"
    port: int = Field(25, ge=1, le=65535)


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="news_",
        env_nested_delimiter="__",
        enable_decoding=False,
        extra="ignore",
        hide_input_in_errors=True,
        frozen=True,
    )

    environment: Environment = Environment.DEV
    debug: bool = False
    sender: str = "news@localhost"
    api_token: SecretStr = Field(repr=False)
    smtp: Mail = Field(default_factory=Mail)
    topics: list[str] = Field(default_factory=list)

    @field_validator("topics", mode="before")
    @classmethod
    def comma_separated(cls, value):
        return list(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value

    @field_validator("debug")
    @classmethod
    def no_debug_in_prod(cls, value: bool, info: ValidationInfo):
        if value and info.data.get("environment") is Environment.PROD:
            raise ValueError("not in prod")
        return value

    @field_validator("api_token")
    @classmethod
    def long_in_prod(cls, value: SecretStr, info: ValidationInfo):
        if info.data.get("environment") is Environment.PROD and len(value) < 16:
            raise ValueError("16 characters at least in prod")
        return value


_settings: Settings | None = None


def get_settings() -> Settings:
    global _settings
    if _settings is None:
        _settings = Settings(_env_file=".env", _secrets_dir=os.getenv("SECRETS_DIR"))
    return _settings
