"""What citizens and officers ask of intake. A command also brings what no event may hold: opaque, for the vault."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from motcua_contracts import (
    Beneficiary,
    Channel,
    ExtensionGround,
    FeeCondition,
    Filer,
    Handover,
    Language,
    Medium,
    Outcome,
    RefusalGround,
    SupplementItem,
)


class Sealed(msgspec.Struct, frozen=True):
    """Personal data as the vault keeps them: opaque here, and on no topic."""

    wrapped_key: bytes
    data: bytes


class SealedWords(msgspec.Struct, frozen=True):
    """What an officer wrote, under the application's key; events call it by its id."""

    id: UUID
    data: bytes


class Papers(msgspec.Struct, frozen=True):
    """Uploads that become part of an application: item -> upload. `request` is the cause of the command, by which a
    repetition is known.
    """

    owner: UUID
    request: UUID
    uploads: Mapping[str, UUID]


class SubmitApplication(msgspec.Struct, frozen=True):
    """A citizen files this, for themself or (`filed_by`) for somebody else; or an officer does, at the counter."""

    applicant_id: UUID
    procedure: str
    agency: str
    channel: Channel
    language: Language
    beneficiary: Beneficiary
    conditions: tuple[FeeCondition, ...]
    pages: int
    copies: int
    sealed: Sealed
    reach_by: tuple[Medium, ...] = (Medium.EMAIL,)
    filed_by: Filer | None = None
    papers: Papers | None = None


class DeclineApplication(msgspec.Struct, frozen=True):
    """The officer does not take the dossier in."""

    officer: UUID
    ground: RefusalGround
    words: SealedWords | None = None


class AcceptApplication(msgspec.Struct, frozen=True):
    """The officer takes the dossier in; with `verification` facts must be verified elsewhere first.

    `received_at` is when it came into the officers' hands, its fee settled; None where nobody knows.
    """

    officer: UUID
    verification: bool = False
    received_at: datetime | None = None


class StartProcessing(msgspec.Struct, frozen=True):
    """The officer begins to work on it."""

    officer: UUID


class ExtendAppointment(msgspec.Struct, frozen=True):
    """The agency needs so many working days more."""

    officer: UUID
    ground: ExtensionGround
    working_days: int
    words: SealedWords | None = None


class DecideApplication(msgspec.Struct, frozen=True):
    """The agency's decision; a refusal has a ground."""

    officer: UUID
    outcome: Outcome
    ground: RefusalGround | None = None
    words: SealedWords | None = None


class ReturnResult(msgspec.Struct, frozen=True):
    """The result reached the citizen this way."""

    officer: UUID
    handover: Handover


class RequestSupplement(msgspec.Struct, frozen=True):
    """The officer marks what is missing or wrong."""

    officer: UUID
    items: tuple[SupplementItem, ...]
    words: tuple[SealedWords, ...] = ()


class SupplyMissing(msgspec.Struct, frozen=True):
    """The answer to supplement request `number`: everything it marked, and nothing else.

    `data` is the vault's new content, None where only documents changed; `reach_by` the ways to tell the applicant,
    None where they stay.
    """

    by: UUID
    number: int
    items: tuple[str, ...]
    data: bytes | None = None
    reach_by: tuple[Medium, ...] | None = None
    papers: Papers | None = None


class WithdrawApplication(msgspec.Struct, frozen=True):
    """The applicant, or who filed for them, takes it back."""

    by: UUID
