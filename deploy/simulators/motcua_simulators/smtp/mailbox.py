"""Receives mail; a message counts as delivered from the moment it is in the ledger, whatever the sender hears."""

import asyncio
from collections import Counter
from typing import Any, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from motcua_simulators.behaviour import Behaviour
from motcua_simulators.ledger import Ledger, timestamp
from motcua_simulators.smtp.letter import read_letter

MODES = {
    "slow": "The answer to the message comes after delay_seconds.",
    "fail": "451 to the message: temporary, nothing is kept.",
    "refuse": "550 to the recipient: permanent, nothing is kept.",
    "hang": "The message is kept, the answer never comes.",
    "cut": "The message is kept, the connection closes in place of the answer.",
    "repeat": "The message is kept twice, as by a relay that lost track.",
}


class Mailbox:
    """The method names are aiosmtpd's hooks."""

    def __init__(self, ledger: Ledger, behaviour: Behaviour) -> None:
        self._ledger, self._behaviour = ledger, behaviour
        self._copies = Counter(entry["message_id"] for entry in ledger.entries("messages"))

    def counts(self) -> dict[str, Any]:
        repeated = {message_id: count for message_id, count in self._copies.items() if count > 1}
        return {"messages": self._copies.total(), "by_message_id": repeated}

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session
        if self._behaviour.take("refuse") == "refuse":
            return "550 5.1.1 mailbox unavailable"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        del session
        mode = self._behaviour.take("slow", "fail", "hang", "cut", "repeat")
        if mode == "fail":
            return "451 4.3.0 try again later"
        if mode == "slow":
            await self._behaviour.delay()
        for _ in range(2 if mode == "repeat" else 1):
            self._keep(envelope, mode)
        if mode == "hang":
            await asyncio.Event().wait()
        if mode == "cut" and server.transport is not None:
            server.transport.close()
        return "250 2.0.0 OK"

    def _keep(self, envelope: Envelope, mode: str) -> None:
        letter = read_letter(cast(bytes, envelope.content))
        self._copies[letter["message_id"]] += 1
        entry = {"to": envelope.rcpt_tos, "at": timestamp(), "behaviour": mode}
        self._ledger.add("messages", {**entry, **letter})
