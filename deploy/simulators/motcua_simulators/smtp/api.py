"""The mail server's two doors: SMTP for senders, HTTP for control; both open and close together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from aiosmtpd.smtp import SMTP
from fastapi import FastAPI

from motcua_simulators.behaviour import Behaviour
from motcua_simulators.control import control_api
from motcua_simulators.ledger import Ledger
from motcua_simulators.smtp.mailbox import MODES, Mailbox


def smtp_api(ledger: Ledger, host: str, smtp_port: int) -> FastAPI:
    """The whole simulator as one application; the SMTP door opens with it."""
    behaviour = Behaviour(MODES)
    mailbox = Mailbox(ledger, behaviour)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        # A host name of our own: aiosmtpd would ask the resolver at every connection.
        session = partial(SMTP, mailbox, hostname="mail.simulator.test", enable_SMTPUTF8=True, loop=loop)
        server = await loop.create_server(session, host, smtp_port)
        yield
        server.close()

    app = FastAPI(title="SMTP simulator", lifespan=lifespan)
    app.include_router(control_api("smtp", behaviour, lambda limit: {"messages": ledger.entries("messages", limit)}))

    @app.get("/control/counts")
    async def counts() -> dict[str, Any]:
        return mailbox.counts()

    return app
