"""What notification says in the story: who is told what, by which medium, and what became of the message."""

from datetime import datetime, timedelta
from uuid import UUID

from motcua_contracts.notification import Facts, NotificationFailed, NotificationRequested, NotificationSent, Topic
from motcua_contracts.tools.telling import Telling
from motcua_contracts.vocabulary import Medium

_WORDING = {Topic.DECIDED: 2}
"""Which version of a topic's rule and template was in force; 1 where it is not said."""
_REQUIRED = {
    Topic.ACCEPTED,
    Topic.SUPPLEMENT_REQUESTED,
    Topic.APPOINTMENT_EXTENDED,
    Topic.DECLINED,
    Topic.STOPPED,
    Topic.DECIDED,
}
"""What Circular 03/2025/TT-VPCP has a form for."""


def notify(it: Telling, topic: Topic, because: UUID, facts: Facts | None = None, number: int = 1) -> None:
    """The applicant is told by the first medium they want; by the next where one fails for certain."""
    event, version = it.event(because), _WORDING.get(topic, 1)
    rule = f"{event.stream}.{event.name}"
    request = NotificationRequested(
        dossier=it.dossier,
        topic=topic,
        number=number,
        medium=it.dossier.reach_by[0],
        template=f"{topic}.v{version}",
        rule=rule if version == 1 else f"{rule}/{version}",
        facts=facts or Facts(),
        because=because,
        required=topic in _REQUIRED,
    )
    _send(it, it.time_of(because, 52), request, because)


def resend(it: Telling, time: datetime, topic: Topic) -> None:
    """An officer orders another try of a message that failed."""
    failed = next(e for e in it.events if isinstance(e, NotificationRequested) and e.topic is topic)
    again = failed.model_copy(update={"attempt": failed.attempt + 1, "requested_by": it.officer})
    _send(it, time, again, it.outside(time, "resend"))


def _send(it: Telling, time: datetime, request: NotificationRequested, cause: UUID) -> None:
    """One message by one medium after the other, until a provider takes it or none is left."""
    for medium in it.dossier.reach_by:
        failed = None if medium is it.dossier.reach_by[0] else request.medium
        request = request.model_copy(update={"medium": medium, "instead_of": failed})
        requested = it.tell(time, request, cause)
        cause = it.outside(time, f"answer of {medium} about {request.topic}")
        if medium not in it.unreachable:
            it.tell(time + timedelta(milliseconds=860), _sent(it, request, requested), cause)
            return
        time += timedelta(milliseconds=603)
        it.tell(time, _failed(it, request), cause)


def _sent(it: Telling, request: NotificationRequested, requested: UUID) -> NotificationSent:
    by_mail, by_sms = (request.medium is medium for medium in (Medium.EMAIL, Medium.SMS))
    return NotificationSent(
        topic=request.topic,
        number=request.number,
        medium=request.medium,
        reference=f"<{requested}@motcua.example>" if by_mail else requested.hex,
        provider=it.sms_provider if by_sms else None,
        attempt=request.attempt,
    )


def _failed(it: Telling, request: NotificationRequested) -> NotificationFailed:
    return NotificationFailed(
        topic=request.topic,
        number=request.number,
        medium=request.medium,
        reason=it.unreachable[request.medium],
        attempt=request.attempt,
    )
