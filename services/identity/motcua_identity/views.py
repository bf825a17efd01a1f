"""What identity shows over HTTP: a check and a review, with their reasons in words. Never a value of an attribute."""

from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from motcua_chassis.aggregates import Aggregate
from motcua_contracts import Attributes, Dossier, Match, ReviewReason, Verdict
from motcua_identity import wording
from motcua_identity.domain import NOTHING_CHECKED, Identity, Phase
from motcua_identity.review_rules import ReviewRules
from motcua_identity.store import Review
from motcua_identity.wording import Words

ApplicationId = Field(examples=["01a12dbb-321e-72fa-841f-117e7c8d821c"])
DossierCode = Field(examples=["H29.25.12-261122-0001"])
OfficerId = Field(examples=["2b1c8e0e-6b5a-4c58-9d7e-0a5a3a5f9d11"])


class CheckPhase(StrEnum):
    """`Phase` without the state nobody sees."""

    REQUESTED = Phase.REQUESTED.value
    IN_REVIEW = Phase.IN_REVIEW.value
    VERIFIED = Phase.VERIFIED.value
    REJECTED = Phase.REJECTED.value
    CANCELLED = Phase.CANCELLED.value


class SettledBy(StrEnum):
    """Whose verdict it is."""

    REGISTRY = "registry"
    OFFICER = "officer"
    TWO_OFFICERS = "two-officers"


class Told(BaseModel):
    """A sentence for people."""

    vi: str = Field(examples=["Thông tin chỉ khớp một phần; cán bộ cần xác minh."])
    en: str = Field(examples=["The data match only in part; an officer has to look."])

    @classmethod
    def of(cls, words: Words) -> Self:
        return cls(vi=words.vi, en=words.en)


class Compared(BaseModel):
    """How one attribute compared with the registry, and how to say it."""

    match: Match = Field(examples=["mismatch"])
    vi: str = Field(examples=["Họ và tên không khớp với Cơ sở dữ liệu quốc gia về dân cư."])
    en: str = Field(examples=["The full name does not match the national population database."])


class Comparison(BaseModel):
    """Every attribute that is checked; never its value."""

    personal_number: Compared
    full_name: Compared
    date_of_birth: Compared

    @classmethod
    def of(cls, attributes: Attributes, review: ReviewReason | None) -> Self:
        def said(attribute: str, match: Match) -> Compared:
            words = wording.compared(attribute, match, review)
            return Compared(match=match, vi=words.vi, en=words.en)

        return cls(**{name: said(name, match) for name, match in attributes})


class CheckView(BaseModel):
    """How the check of one applicant stands."""

    application_id: UUID = ApplicationId
    dossier_code: str = DossierCode
    version: int = Field(ge=1, description="Grows by one with every event of this check", examples=[3])
    as_of: datetime = Field(description="When this version came to be", examples=["2026-11-22T01:30:06.480000Z"])
    phase: CheckPhase = Field(examples=["in-review"])
    told: Told
    attributes: Comparison
    review: ReviewReason | None = Field(
        default=None, description="Why an officer had to look; stays after they have", examples=["partial-match"]
    )
    review_told: Told | None = None
    settled_by: SettledBy | None = Field(default=None, description="Absent until there is a verdict")

    @classmethod
    def of(cls, check: Aggregate[Identity], dossier: Dossier) -> Self:
        """`dossier` is the check's own."""
        state = check.state
        return cls(
            application_id=check.id,
            dossier_code=dossier.code,
            version=check.version,
            as_of=check.last_event_at,
            phase=CheckPhase(state.phase),
            told=Told.of(wording.standing(state.phase, len(state.officers), proposed=state.proposal is not None)),
            attributes=Comparison.of(state.attributes or NOTHING_CHECKED, state.review),
            review=state.review,
            review_told=Told.of(wording.REVIEWS[state.review]) if state.review else None,
            settled_by=_settled_by(state),
        )


def _settled_by(state: Identity) -> SettledBy | None:
    if state.phase not in {Phase.VERIFIED, Phase.REJECTED}:
        return None
    return list(SettledBy)[len(state.officers)]


class FourEyesView(BaseModel):
    """The rule that demands a second officer."""

    rule: str = Field(examples=["identity/criminal-record/four-eyes"])
    vi: str = Field(examples=["Phiếu lý lịch tư pháp chỉ cấp khi hai cán bộ cùng xác nhận danh tính"])
    en: str = Field(examples=["For a criminal record certificate two officers have to agree on the identity"])
    act: str | None = Field(default=None, examples=["1/2026/QĐ-MAU-G01"])
    article: str | None = Field(default=None, examples=["Điều 5"])

    @classmethod
    def of(cls, id_: str, rules: ReviewRules) -> Self:
        """A rule that has left the data since still binds the reviews it opened."""
        rule = rules.by_id.get(id_)
        if rule is None:
            return cls(rule=id_, vi=wording.TWO_OFFICERS.vi, en=wording.TWO_OFFICERS.en)
        return cls(rule=id_, vi=rule.name.vi, en=rule.name.en, act=rule.citation.act, article=rule.citation.article)


class ProposalView(BaseModel):
    """What a first officer found, for the second to confirm or contradict."""

    verdict: Verdict = Field(examples=["verified"])
    proposed_by: UUID = OfficerId
    proposed_at: datetime = Field(examples=["2026-11-22T02:05:11.120000Z"])
    told: Told


class ReviewView(BaseModel):
    """One doubtful identity in the queue."""

    application_id: UUID = ApplicationId
    dossier_code: str = DossierCode
    procedure: str = Field(examples=["3.000333"])
    agency: str = Field(examples=["H29.25.12"])
    since: datetime = Field(examples=["2026-11-22T01:30:06.480000Z"])
    reason: ReviewReason = Field(examples=["partial-match"])
    told: Told
    attributes: Comparison
    four_eyes: FourEyesView | None = Field(default=None, description="Null: one officer settles it")
    proposal: ProposalView | None = Field(default=None, description="Null: no officer has looked yet")
    decidable: bool = Field(description="False where the asking officer proposed and another one has to look")

    @classmethod
    def of(cls, review: Review, officer: UUID, rules: ReviewRules) -> Self:
        reason = ReviewReason(review.reason)
        return cls(
            application_id=review.application_id,
            dossier_code=review.dossier_code,
            procedure=review.procedure,
            agency=review.agency,
            since=review.since,
            reason=reason,
            told=Told.of(wording.REVIEWS[reason]),
            attributes=Comparison.of(review.attributes, reason),
            four_eyes=FourEyesView.of(review.four_eyes, rules) if review.four_eyes else None,
            proposal=_proposal(review),
            decidable=review.proposed_by != officer,
        )


def _proposal(review: Review) -> ProposalView | None:
    if review.verdict is None or review.proposed_by is None or review.proposed_at is None:
        return None
    verdict, at = Verdict(review.verdict), review.proposed_at
    return ProposalView(
        verdict=verdict, proposed_by=review.proposed_by, proposed_at=at, told=Told.of(wording.VERDICTS[verdict])
    )


class ReviewQueue(BaseModel):
    """The oldest doubts first."""

    items: list[ReviewView]


class Ruling(BaseModel):
    """The officer's word: is the applicant who they say they are?"""

    model_config = ConfigDict(extra="forbid", frozen=True)

    verdict: Verdict = Field(examples=["verified"])


class Ruled(BaseModel):
    """What the check became: settled, or `in-review` until a second officer has looked."""

    application_id: UUID = ApplicationId
    phase: CheckPhase = Field(examples=["in-review"])
    second_officer_needed: bool = Field(description="Another officer has to confirm the verdict", examples=[True])

    @classmethod
    def of(cls, application_id: UUID, state: Identity) -> Self:
        phase = CheckPhase(state.phase)
        return cls(application_id=application_id, phase=phase, second_officer_needed=phase is CheckPhase.IN_REVIEW)
