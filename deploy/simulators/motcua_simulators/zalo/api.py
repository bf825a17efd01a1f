"""Zalo's endpoint and control API; every request is in the ledger before it is answered. Errors come with HTTP 200."""

import json
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from motcua_simulators.behaviour import Behaviour
from motcua_simulators.control import control_api
from motcua_simulators.faults import Cut, hang, unavailable
from motcua_simulators.ledger import Ledger
from motcua_simulators.phones import PhoneBehaviours, as_international, phones_api
from motcua_simulators.zalo.service import ERRORS, STREAMS, Zalo

MODES = {
    "slow": "The message is kept at once, the answer comes after delay_seconds.",
    "fail": "HTTP 503, nothing is kept.",
    "error": "HTTP 500, nothing is kept.",
    "refuse": "Error -118, nothing is kept: the number has no Zalo account.",
    "unwanted": "Error -139, nothing is kept: the person refused this kind of message.",
    "token": "Error -124, nothing is kept: the access token is no longer valid.",
    "hang": "The message is kept, the answer never comes.",
    "cut": "The message is kept, the connection closes in the middle of the answer.",
}
_CODES = {"refuse": -118, "unwanted": -139, "token": -124}


class Endpoint:
    """Serves one request at a time as its number is to be served."""

    def __init__(self, zalo: Zalo, phones: PhoneBehaviours) -> None:
        self._zalo, self._phones = zalo, phones

    async def send(self, request: Request) -> Response:
        try:
            asked = json.loads(await request.body())
        except ValueError:
            asked = None
        phone = as_international(str(asked.get("phone", ""))) if isinstance(asked, dict) else ""
        behaviour = self._phones.of(phone)
        mode = behaviour.take(*MODES)
        if mode in {"fail", "error"}:
            self._zalo.witness(asked, mode, mode)
            return unavailable(mode)
        code = self._zalo.judge(request.headers.get("access_token"), asked)
        code = _CODES.get(mode, code) if code == 0 else code
        self._zalo.witness(asked, code, mode)
        answer = self._answer(asked, code, mode)
        if mode == "slow":
            await behaviour.delay()
        if mode == "hang":
            return await hang(request)
        return Cut() if mode == "cut" else JSONResponse(answer)

    def _answer(self, asked: Any, code: int, mode: str) -> dict[str, Any]:
        if code == 0:
            return {"error": 0, "message": "Success", "data": self._zalo.keep(asked, mode)}
        return {"error": code, "message": ERRORS[code]}


def zalo_api(token: str, ledger: Ledger) -> FastAPI:
    """The whole simulator as one application."""
    behaviour = Behaviour(MODES)
    phones, zalo = PhoneBehaviours(behaviour), Zalo(token, ledger)
    app = FastAPI(title="Zalo ZNS simulator")
    app.add_api_route("/message/template", Endpoint(zalo, phones).send, methods=["POST"])
    app.include_router(
        control_api("zalo", behaviour, lambda limit: {stream: ledger.entries(stream, limit) for stream in STREAMS})
    )
    app.include_router(phones_api(phones))

    @app.get("/control/counts")
    async def counts() -> dict[str, Any]:
        return zalo.counts()

    return app
