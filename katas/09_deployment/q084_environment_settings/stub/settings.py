"""Settings of the newsletter service. README.md tells what is asked for."""

from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    """All that may differ between a laptop, staging and production."""


def get_settings():
    """The settings of this process."""
