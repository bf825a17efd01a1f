"""What the dead-letter topic says about a parked record: why and where it was, with its bytes up to 256 KiB."""

from base64 import b64encode
from datetime import datetime
from uuid import UUID

import msgspec

from motcua_chassis.codec import Outgoing, pack_headers
from motcua_chassis.identifiers import event_id, name_id
from motcua_chassis.inputs import Delivery
from motcua_contracts import Stream

LARGEST_BODY = 256 * 1024
_NOBODY = UUID(int=0)


class DeadLetterAnnounced(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body of a record on `motcua.<service>.dead-letters`; the truth is the table `dead_letters`, row `id`."""

    id: int
    reason: str
    topic: str
    partition: int
    offset: int
    application: UUID | None = None
    body_base64: str | None = None


def announce(stream: Stream, id_: int, parked: Delivery, reason: str, now: datetime) -> Outgoing:
    """The outbox row that tells integrators and operators of a parked record."""
    record = parked.record
    key = parked.application or _NOBODY
    cause = name_id(record.topic, str(record.partition), str(record.offset))
    ce_type = f"vn.motcua.{stream.value}.dead-letter-parked.v1"
    identity = event_id(now, stream.source.encode(), key, cause, id_ % 65_536)
    headers = pack_headers(identity, stream.source, ce_type, now, key, cause, cause, 0, "")
    small = record.value is not None and len(record.value) <= LARGEST_BODY
    body = DeadLetterAnnounced(
        id_,
        reason,
        record.topic,
        record.partition,
        record.offset,
        parked.application,
        b64encode(record.value or b"").decode() if small else None,
    )
    return Outgoing(f"motcua.{stream.value}.dead-letters", key, headers, msgspec.json.encode(body))
