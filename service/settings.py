"""Every setting: read once in `cli.main` from PINCITE_* variables, frozen, handed down."""

import os
import re
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from corpus.allowance import LIMITS
from service.errors import SettingsError

_PREFIX = "PINCITE_"
_MOST_OFFSET = 2**31
_DAY_SECONDS = 86_400
_LEAST_MEMORY = 16 * 1024 * 1024  # less than the libraries of the readers take
_ORIGIN = re.compile(r"https?://[^\s/?#,*@]+")


class Settings(BaseModel):
    """The settings, with their defaults; docs/operations.md says what each is for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path = Field(default_factory=lambda: Path(platformdirs.user_data_dir("pincite")))
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    encoder: str = "bge-small"
    embed_with: str = "none"
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
    open: Literal["on", "off"] = "off"
    rate: str = Field(
        default="auto", pattern=r"^(auto|off|[1-9][0-9]{0,8}/(second|minute|hour|day))$"
    )
    concurrency: Literal["auto"] | int = "auto"
    queue: int = Field(default=64, ge=0)
    answer_seconds: float = Field(default=30, gt=0, le=_DAY_SECONDS)
    body_seconds: float = Field(default=120, gt=0, le=_DAY_SECONDS)
    stop_seconds: int = Field(default=30, ge=1, le=_DAY_SECONDS)
    cors_origins: str = "none"
    proxies: str = "none"
    audit: Literal["on", "off"] = "on"
    keep_questions: Literal["off", "redacted"] = "off"
    unanswered_callers: int = Field(default=3, ge=2, le=1_000)
    hospital_number: str = "off"
    traces: str = Field(default="off", pattern=r"^(off|https?://[^\s/?#@]+(/[^\s?#]*)?)$")
    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("concurrency")
    @classmethod
    def _is_some(cls, value: str | int) -> str | int:
        if isinstance(value, int) and value < 1:
            raise ValueError("say auto or a number from 1")
        return value

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, value: str) -> str:
        if not all(map(_ORIGIN.fullmatch, listed(value))):
            raise ValueError("say none or origins such as https://chat.example, commas between")
        return value

    @field_validator("proxies")
    @classmethod
    def _are_addresses(cls, value: str) -> str:
        try:
            for one in listed(value):
                ip_network(one)
        except ValueError:
            raise ValueError("say none, or IP addresses or networks, commas between") from None
        return value

    @field_validator("hospital_number")
    @classmethod
    def _is_pattern(cls, text: str) -> str:
        if text != "off":
            try:
                matches_nothing = re.compile(text).search("") is not None
            except re.error as error:
                raise ValueError(f"no regular expression: {error}") from error
            if matches_nothing:
                raise ValueError("a pattern that matches nothing at all would be found everywhere")
        return text


def listed(value: str) -> tuple[str, ...]:
    """Return the names in a setting that is a list; `auto` and `none` name none."""
    if value in {"auto", "none"}:
        return ()
    return tuple(filter(None, map(str.strip, value.split(","))))


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
