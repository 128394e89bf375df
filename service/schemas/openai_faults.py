"""An error as OpenAI's API and its clients have it."""

from service.schemas.body import Body


class OpenAIFault(Body):
    """What went wrong; `param` names the field at fault."""

    message: str
    type: str
    param: str | None
    code: str | None


class OpenAIError(Body):
    """The body of an error."""

    error: OpenAIFault
