"""messaging.send (protocol 7.7 and 11)."""

from __future__ import annotations

import re
from typing import Any, Final

from msgspec import field

from relay_runtime.sandbox.calls.messages import SentMessage
from relay_runtime.sandbox.calls.session import Session
from relay_runtime.sandbox.ground.ids import new_id
from relay_runtime.sandbox.verbs.table import Params, RefusalError, session_verb

_NUMBER: Final = re.compile(r"\+[1-9][0-9]{1,14}|[0-9]{4,8}")
_NAME: Final = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 &+._-]{1,11}")
_URL: Final = re.compile(r"https?://\S+")
_MOST_MEDIA: Final = 8


class SendParams(Params):
    """Params of messaging.send; what is missing is reported field by field, hence no required ones."""

    context: str = "default"
    tag: str = ""
    tags: list[str] = field(default_factory=list)
    to_number: Any = None
    from_number: Any = None
    body: str = ""
    media: list[str] = field(default_factory=list)
    template_id: str = ""
    send_as_mms: bool = False


@session_verb("messaging.send", "Message accepted", SendParams)
def send(session: Session, params: SendParams) -> dict[str, str]:
    """Send a message."""
    wrong = _mistakes(params)
    if wrong:
        raise RefusalError("400", "Message is not valid", data=wrong)
    message = SentMessage(
        message_id=new_id(),
        context=params.context or "default",
        from_number=params.from_number,
        to_number=params.to_number,
        body=params.body,
        media=tuple(params.media),
        tag=params.tag,
        tags=tuple(params.tags),
    )
    session.exchange.messages.accept(session, message)
    return {"message_id": message.message_id}


def _mistakes(params: SendParams) -> dict[str, list[str]]:
    wrong: dict[str, list[str]] = {}
    for name in ("to_number", "from_number"):
        value = getattr(params, name)
        if not value:
            wrong[name] = ["can't be blank"]
        elif not isinstance(value, str) or not (_NUMBER.fullmatch(value) or _is_name_of_sms(name, value, params)):
            wrong[name] = ["must be a number in E.164 format or a short code"]
    if not (params.body or params.media or params.template_id):
        wrong["body"] = ["or media must be given"]
    if params.body and params.template_id:
        wrong["template_id"] = ["can't be given with body"]
    if len(params.media) > _MOST_MEDIA:
        wrong["media"] = [f"can have {_MOST_MEDIA} items at most"]
    elif not all(_URL.fullmatch(url) for url in params.media):
        wrong["media"] = ["must be http or https URLs"]
    return wrong


def _is_name_of_sms(field: str, value: str, params: SendParams) -> bool:
    """Return whether a sender is a name, which carriers take for an SMS alone."""
    return field == "from_number" and _NAME.fullmatch(value) is not None and not (params.media or params.send_as_mms)
