"""Filters as they are asked for: OpenAI's form of comparisons and compounds."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
)

from index.filters import (
    AllOf,
    AnyOf,
    Compare,
    Filter,
    Key,
    Operator,
    Value,
    check_operator,
    values_of,
)

DEEPEST = 8
"""How deep compounds may stand in one another."""
MOST = 100
"""Comparisons and compounds in all."""
_COMPARISON, _COMPOUND = "comparison", "compound"
FORMS = frozenset({_COMPARISON, _COMPOUND})
"""What stands in the place of a fault beside the fields' names."""


class Comparison(BaseModel):
    """One attribute of a document, compared."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    # In the order in which they are checked: each by the ones before.
    key: Key
    type: Operator
    value: tuple[Value, ...]

    @field_validator("type")
    @classmethod
    def _orders_dates(cls, operator: Operator, info: ValidationInfo) -> Operator:
        return check_operator(info.data["key"], operator) if "key" in info.data else operator

    @field_validator("value", mode="plain", json_schema_input_type=str | list[str])
    @classmethod
    def _is_of_its_type(cls, value: object, info: ValidationInfo) -> tuple[Value, ...]:
        known = info.data.keys() >= {"key", "type"}
        return values_of(info.data["key"], info.data["type"], value) if known else ()

    def to_filter(self) -> Filter:
        """Return what it stands for."""
        return Compare(self.key, self.type, self.value)


class Compound(BaseModel):
    """Several filters, all or any of which must hold."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    type: Literal["and", "or"]
    filters: list["FilterBody"] = Field(min_length=1, max_length=MOST)

    def to_filter(self) -> Filter:
        """Return what it stands for."""
        parts = tuple(one.to_filter() for one in self.filters)
        return AllOf(parts) if self.type == "and" else AnyOf(parts)


def _kind(body: object) -> str | None:
    if isinstance(body, Comparison | Compound):
        return _COMPARISON if isinstance(body, Comparison) else _COMPOUND
    if not isinstance(body, Mapping):
        return None
    return _COMPOUND if body.get("type") in ("and", "or") else _COMPARISON


FilterBody = Annotated[
    Annotated[Comparison, Tag(_COMPARISON)] | Annotated[Compound, Tag(_COMPOUND)],
    Discriminator(
        _kind,
        custom_error_type="filter",
        custom_error_message="must be an object: type, key and value; or type and filters",
    ),
]


def _bounded(body: object) -> object:
    """Count before anything is looked at; what is deeper would be a call deep as well."""
    level, count = [body], 0
    for _ in range(DEEPEST + 1):
        count += len(level)
        level = [
            one
            for part in level
            if isinstance(part, Mapping) and isinstance(part.get("filters"), list)
            for one in part["filters"]
        ]
        if not level:
            break
    if level or count > MOST:
        raise ValueError(
            f"has at most {MOST} comparisons and compounds, and {DEEPEST} compounds in one another"
        )
    return body


BoundedFilter = Annotated[FilterBody, BeforeValidator(_bounded)]
