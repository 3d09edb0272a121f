import functools
import os
from typing import Literal

from pydantic import BaseModel, Field, SecretStr, computed_field, model_validator
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource, SecretsSettingsSource


def splitting(source):
    class Splitting(source):
        """Reads lists as texts with commas."""

        def prepare_field_value(self, field_name, field, value, value_is_complex):
            if field_name == "topics" and isinstance(value, str):
                return [topic for topic in (part.strip() for part in value.split(",")) if topic]
            return super().prepare_field_value(field_name, field, value, value_is_complex)

    return Splitting


class SmtpServer(BaseModel):
    host: str = "localhost"
    port: int = 25


class Settings(BaseSettings):
    model_config = {
        "env_prefix": "NEWS_",
        "env_nested_delimiter": "__",
        "extra": "ignore",
        "hide_input_in_errors": True,
    }

    api_token: SecretStr
    environment: Literal["dev", "staging", "prod"] = "dev"
    debug: bool = False
    sender: str = "news@localhost"
    smtp: SmtpServer = Field(default_factory=SmtpServer)
    topics: list[str] = []

    @classmethod
    def settings_customise_sources(cls, settings_cls, init_settings, **_):
        sources = [init_settings, splitting(EnvSettingsSource)(settings_cls)]
        sources.append(splitting(DotEnvSettingsSource)(settings_cls, env_file=".env"))
        folder = os.environ.get("SECRETS_DIR")
        if folder:
            sources.append(splitting(SecretsSettingsSource)(settings_cls, secrets_dir=folder))
        return tuple(sources)

    @computed_field
    @property
    def is_prod(self) -> bool:
        return self.environment == "prod"

    @model_validator(mode="after")
    def strict(self):
        if self.is_prod and (self.debug or len(self.api_token) < 16):
            raise ValueError("not fit for production")
        return self


@functools.cache
def get_settings():
    return Settings()
