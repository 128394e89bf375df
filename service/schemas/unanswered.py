"""Unanswered questions as they are sent."""

from typing import Literal, Self

from pydantic import Field

from service.schemas.body import Body
from service.unanswered import KeptQuestions


class UnansweredBody(Body):
    """A question that enough callers asked."""

    question: str = Field(description="Redacted, in lower case.")
    month: str = Field(description="YYYY-MM, by UTC.")
    callers: int = Field(description="How many distinct ones asked it in that month.")
    status: Literal["no_answer", "low_confidence"] = Field(description="Of its last answer.")


class UnansweredResponse(Body):
    """The report, and whether questions are kept at all."""

    kept: bool = Field(description="False: PINCITE_KEEP_QUESTIONS is off, and nothing is kept.")
    at_least: int | None = Field(description="Distinct callers; null where nothing is kept.")
    questions: list[UnansweredBody]

    @classmethod
    def of(cls, kept: KeptQuestions | None) -> Self:
        """Return the report of what is kept; None where nothing is."""
        if kept is None:
            return cls(kept=False, at_least=None, questions=[])
        return cls(
            kept=True,
            at_least=kept.callers,
            questions=[
                UnansweredBody(
                    question=one.question,
                    month=one.month,
                    callers=one.callers,
                    status="no_answer" if one.status == "no_answer" else "low_confidence",
                )
                for one in kept.report()
            ],
        )
