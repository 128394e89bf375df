"""What a caller may say of an answer: POST /v1/feedback."""

from pydantic import BaseModel, ConfigDict, Field

from service.feedback import Feedback, Shown


class FeedbackRequest(BaseModel):
    """Whether an answer helped; there is no field for words of anybody's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    collection: str = Field(max_length=63, description="The collection that answered.")
    bucket: Shown = Field(description="The answer's bucket; `none` where there was no answer.")
    document_id: str | None = Field(
        default=None, max_length=200, description="The document of the first quote."
    )
    helpful: bool = Field(strict=True)

    def to_feedback(self) -> Feedback:
        """Return what is to be kept."""
        return Feedback(self.collection, self.bucket, self.document_id or "", self.helpful)
