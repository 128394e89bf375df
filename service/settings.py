"""Every setting: read once in `cli.main` from PINCITE_* variables, frozen, handed down."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from corpus.limits import LIMITS
from service.errors import SettingsError

_PREFIX = "PINCITE_"
_MOST_OFFSET = 2**31
_DAY_SECONDS = 86_400
_LEAST_MEMORY = 16 * 1024 * 1024  # less than the libraries of the readers take


class Settings(BaseModel):
    """The settings, with their defaults; docs/operations.md says what each is for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path = Field(default_factory=lambda: Path(platformdirs.user_data_dir("pincite")))
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    encoder: str = "bge-small"
    engine: str = "faiss:auto"
    reranker: str = "packaged"
    reranked: int = Field(default=8, ge=0, le=50)
    context: Literal["on", "off"] = "on"
    largest_file: int = Field(default=LIMITS.file, ge=1)
    largest_text: int = Field(default=LIMITS.text, ge=1, le=_MOST_OFFSET)
    read_seconds: float = Field(default=LIMITS.seconds, gt=0, le=_DAY_SECONDS)
    read_memory: int = Field(default=LIMITS.memory, ge=_LEAST_MEMORY)
    public_url: str = Field(default="auto", pattern=r"^(auto|https?://[^\s/?#]+(/[^\s?#]*)?)$")
    allowed_hosts: str = "auto"
    allowed_origins: str = "auto"
    embed_origins: str = Field(
        default="none",
        pattern=r"^(none|https?://[a-z0-9.:\[\]-]+(\s*,\s*https?://[a-z0-9.:\[\]-]+)*)$",
    )
    suggestions: Literal["on", "off"] = "on"
    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; SettingsError names an unknown PINCITE_* variable or a bad value.

    A variable that is set to nothing counts as not set.
    """
    environment = os.environ if environment is None else environment
    known = {f"{_PREFIX}{name.upper()}" for name in Settings.model_fields}
    for name in sorted(environment):
        if name.startswith(_PREFIX) and name not in known:
            raise SettingsError(f"{name}: no such setting; known are {', '.join(sorted(known))}")
    given = {
        name.removeprefix(_PREFIX).lower(): value
        for name, value in environment.items()
        if name in known and value
    }
    try:
        return Settings(**given)  # type: ignore[arg-type] # pydantic reads the strings
    except ValidationError as error:
        faults = "; ".join(
            f"{_PREFIX}{str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in error.errors()
        )
        raise SettingsError(faults) from error
