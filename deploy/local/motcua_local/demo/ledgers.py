"""What the outside parties say happened, each from its own ledger."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from motcua_local.system import System

_ALL = {"limit": 1_000_000}


@dataclass(frozen=True)
class Ledgers:
    """The witnesses of the checker."""

    charges: list[dict[str, Any]]
    """VNPay: txn_ref, amount, transaction_no of every payment."""
    refunds: list[dict[str, Any]]
    """VNPay: txn_ref, amount, transaction_no of the payment that went back."""
    messages: Mapping[str, int]
    """Every provider of messages: how often each was accepted, by the id we gave it."""
    references: Collection[str]
    """Every name under which a provider knows a message."""


async def read_ledgers(client: httpx.AsyncClient, stack: System) -> Ledgers:
    """Ask the gateway and the providers."""
    gateway = (await client.get(f"{stack.url('vnpay')}/control/ledger", params=_ALL)).json()
    messages: Counter[str] = Counter()
    references: set[str] = set()
    for provider, (ours, theirs) in _NAMES.items():
        ledger = (await client.get(f"{stack.url(provider)}/control/ledger", params=_ALL)).json()
        messages.update(message[ours] for message in ledger["messages"])
        references.update(message[name] for message in ledger["messages"] for name in (ours, theirs))
    return Ledgers(gateway["charges"], gateway["refunds"], messages, references)


_NAMES = {
    "smtp": ("message_id", "message_id"),
    "sms-one": ("request_id", "sms_id"),
    "sms-two": ("request_id", "sms_id"),
    "zalo": ("request_id", "msg_id"),
}
"""What each provider's ledger calls the id we gave a message, and the one it gave itself."""
