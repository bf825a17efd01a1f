"""One coherent story that begins on 07/12/2026: ten applications, from the everyday ones to those that end early.

Everything in it is synthetic, every event type occurs. Invariant: the same code tells the same bytes.
"""

from functools import cache

from motcua_contracts.event import Event
from motcua_contracts.tools.examples.assisted import assisted
from motcua_contracts.tools.examples.ended_early import (
    declined,
    never_supplemented,
    withdrawn_after_payment,
    withdrawn_before_identity,
)
from motcua_contracts.tools.examples.everyday import free_of_charge, not_identified, not_paid_in_time, paid, refused
from motcua_contracts.tools.telling import Example

__all__ = ["TALES", "examples_of", "paid", "story"]

TALES = (
    paid,
    free_of_charge,
    not_identified,
    not_paid_in_time,
    refused,
    assisted,
    withdrawn_after_payment,
    never_supplemented,
    withdrawn_before_identity,
    declined,
)
"""Each tells one application; its docstring says which."""


@cache
def story() -> tuple[Example, ...]:
    """All applications, one after the other."""
    return tuple(example for tale in TALES for example in tale())


def examples_of(event: type[Event]) -> list[Example]:
    """What the story has of one event version, in order."""
    return [example for example in story() if type(example.event) is event]
