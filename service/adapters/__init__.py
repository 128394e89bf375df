"""Other systems' dialects, each a translation of the one answer; none decides anything of its own.

`FORMS` are their errors, by the path that they and all below it are spoken at.
"""

from collections.abc import Mapping

from service.adapters import chat, dify, model_context, openai_faults, vector_stores
from service.problems import Form

FORMS: Mapping[str, Form] = {
    "/retrieval": dify.fault_response,
    "/v1/vector_stores": openai_faults.fault_response,
    "/v1/models": openai_faults.fault_response,
    "/v1/chat": openai_faults.fault_response,
    model_context.PATH: model_context.fault_response,
}
ROUTERS = (dify.router, vector_stores.router, chat.router)
