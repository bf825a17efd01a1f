"""The aggregator's endpoint and control API; every request is in the ledger before it is answered."""

import json
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from motcua_simulators.behaviour import Behaviour
from motcua_simulators.control import control_api
from motcua_simulators.faults import Cut, hang, unavailable
from motcua_simulators.ledger import Ledger
from motcua_simulators.phones import PhoneBehaviours, as_international, phones_api
from motcua_simulators.sms.aggregator import ERRORS, STREAMS, Account, Aggregator

PATH = "/MainService.svc/json/SendMultipleMessage_V4_post_json"
MODES = {
    "slow": "The message is kept at once, the answer comes after delay_seconds.",
    "fail": "HTTP 503, nothing is kept.",
    "error": "HTTP 500, nothing is kept.",
    "balance": "Code 103, nothing is kept: the customer's account is empty.",
    "refuse": "Code 99, nothing is kept: the number is blocked.",
    "hang": "The message is kept, the answer never comes.",
    "cut": "The message is kept, the connection closes in the middle of the answer.",
}
_CODES = {"balance": "103", "refuse": "99"}


class Endpoint:
    """Serves one request at a time as its number is to be served."""

    def __init__(self, aggregator: Aggregator, phones: PhoneBehaviours) -> None:
        self._aggregator, self._phones = aggregator, phones

    async def send(self, request: Request) -> Response:
        try:
            asked = json.loads(await request.body())
        except ValueError:
            asked = None
        if not isinstance(asked, dict):
            return JSONResponse({"error": "Invalid request"}, 400)
        behaviour = self._phones.of(as_international(str(asked.get("Phone", ""))))
        mode = behaviour.take(*MODES)
        if mode in {"fail", "error"}:
            self._aggregator.witness(asked, mode, mode)
            return unavailable(mode)
        code = self._aggregator.judge(asked)
        code = _CODES.get(mode, code) if code == "100" else code
        self._aggregator.witness(asked, code, mode)
        answer = self._answer(asked, code, mode)
        return await _told(answer, mode, behaviour, request)

    def _answer(self, asked: dict[str, Any], code: str, mode: str) -> dict[str, Any]:
        answer: dict[str, Any] = {"CodeResult": code, "CountRegenerate": 0}
        if code == "100":
            return {**answer, "SMSID": self._aggregator.keep(asked, mode)}
        known = {"SendStatus": "5"} if code == "124" else {}
        return {**answer, "ErrorMessage": ERRORS[code], **known}


async def _told(answer: dict[str, Any], mode: str, behaviour: Behaviour, request: Request) -> Response:
    if mode == "slow":
        await behaviour.delay()
    if mode == "hang":
        return await hang(request)
    return Cut() if mode == "cut" else JSONResponse(answer)


def sms_api(name: str, account: Account, ledger: Ledger) -> FastAPI:
    """The whole simulator as one application."""
    behaviour = Behaviour(MODES)
    phones, aggregator = PhoneBehaviours(behaviour), Aggregator(account, ledger)
    endpoint = Endpoint(aggregator, phones)
    app = FastAPI(title="SMS simulator")
    for path in (PATH, f"{PATH}/"):
        app.add_api_route(path, endpoint.send, methods=["POST"])
    app.include_router(
        control_api(name, behaviour, lambda limit: {stream: ledger.entries(stream, limit) for stream in STREAMS})
    )
    app.include_router(phones_api(phones))

    @app.get("/control/counts")
    async def counts() -> dict[str, Any]:
        return aggregator.counts()

    return app
