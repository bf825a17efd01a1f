"""Requests with the longest facts the contracts allow, for every template and language; all synthetic."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from motcua_contracts import (
    Attributes,
    Closing,
    Dossier,
    ExtensionGround,
    Facts,
    Language,
    Match,
    Medium,
    NotificationRequested,
    Outcome,
    RefundReason,
    RefusalGround,
    ReviewReason,
    SupplementItem,
    SupplementReason,
    Topic,
)
from motcua_notification.wordings import LONGEST_PORTAL, TEMPLATES

APPLICATION = UUID("01a12dbb-321e-72fa-841f-117e7c8d821c")
NOTE = UUID("01a12dbb-321e-72fa-841f-117e7c8d82ff")
BECAUSE = UUID("01a12dbb-321e-72fa-841f-117e7c8d8200")
WORDS = "Bản chụp trang 3 bị mờ; đề nghị ông/bà chụp lại đủ bốn góc. " * 30
PORTAL = "https://" + "d" * (LONGEST_PORTAL - len("https://"))
AGENCY = "H29" + ".1234" * 6
CODE = f"{AGENCY}.1-20261231-1234567"
LATE = datetime(2026, 12, 31, 16, 59, tzinfo=UTC)
TEMPLATE_IDS = sorted(folder.name for folder in TEMPLATES.iterdir() if folder.name not in {"frame", "words"})


def longest(codes: Any) -> Any:
    return max(codes, key=lambda code: len(code.value))


def facts(**changes: Any) -> Facts:
    item = SupplementItem(item="document." + "a" * 51, reason=SupplementReason.UNREADABLE, note=NOTE)
    worst: dict[str, Any] = {
        "amount": 10_000_000_000,
        "expires_at": LATE,
        "receipt": "BL26H29-123456789",
        "act": "12345/2026/NQ-HĐND" + "-ABCĐ" * 4,
        "appointment": LATE,
        "outcome": Outcome.REFUSED,
        "attributes": Attributes(
            personal_number=Match.MISMATCH, full_name=Match.NOT_FOUND, date_of_birth=Match.NOT_FOUND
        ),
        "review": ReviewReason.TWO_CANDIDATES,
        "items": (item,) * 50,
        "respond_by": LATE,
        "previous": LATE,
        "paused_working_days": 365,
        "ground": RefusalGround.NOT_COMPETENT,
        "extension": ExtensionGround.VERIFICATION_PENDING,
        "note": NOTE,
        "refund": RefundReason.NOT_OWED,
        "closing": Closing.REFUSED,
    }
    return Facts(**{**worst, **changes})


def request(template: str, language: Language, **changes: Any) -> NotificationRequested:
    dossier = Dossier(
        code=CODE,
        applicant_id=APPLICATION,
        procedure="2.000815.000.00.00.H55",
        agency=AGENCY,
        channel="online",
        language=language,
        reach_by=(Medium.SMS,),
    )
    return NotificationRequested(
        dossier=dossier,
        topic=Topic(template.partition(".")[0]),
        medium=Medium.SMS,
        template=template,
        facts=facts(**changes),
        because=BECAUSE,
    )


def every_request() -> Iterator[NotificationRequested]:
    """Each template and language, with each code that its wording may depend on, and without what may be absent."""
    variants: list[dict[str, Any]] = [
        {"outcome": Outcome.GRANTED, "ground": None, "note": None},
        {"appointment": None, "paused_working_days": 0},
        *({"ground": ground} for ground in RefusalGround),
        *({"extension": ground} for ground in ExtensionGround),
        *({"refund": reason} for reason in RefundReason),
        *({"closing": closing} for closing in Closing),
        *({"review": reason} for reason in ReviewReason),
    ]
    for template in TEMPLATE_IDS:
        for language in Language:
            yield request(template, language)
            for changes in variants:
                if "appointment" in changes and template != "supplement-received.v1":
                    continue  # elsewhere it is always there
                yield request(template, language, **changes)
