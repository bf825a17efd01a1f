"""How an applicant can be reached: addresses, and the order in which they want them used."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from motcua_contracts import Medium

Email = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+$",
        max_length=254,
        examples=["an@example.vn"],
    ),
]
Phone = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{7,14}$", description="E.164", examples=["+84901234567"])]

_BY_DEFAULT = (Medium.EMAIL, Medium.ZNS, Medium.SMS)


def possible(*, email: bool, phone: bool) -> frozenset[Medium]:
    """The media for which there is an address."""
    by_email = {Medium.EMAIL} if email else set()
    return frozenset(by_email | ({Medium.ZNS, Medium.SMS} if phone else set()))


def reach_by(wanted: Sequence[Medium], *, email: bool, phone: bool) -> tuple[Medium, ...]:
    """The media to try, best first: those asked for, or else e-mail before the phone."""
    can = possible(email=email, phone=phone)
    return tuple(medium for medium in wanted or _BY_DEFAULT if medium in can)


def extended(known: Sequence[Medium], *, email: bool, phone: bool) -> tuple[Medium, ...]:
    """`known` and behind it the media for which an address came in since; a preference stays one."""
    gained = reach_by((), email=email, phone=phone)
    return (*known, *(medium for medium in gained if medium not in known))
