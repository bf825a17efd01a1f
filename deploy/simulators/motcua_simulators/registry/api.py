"""The registry's endpoint and control API; every look-up is in the ledger before it is answered."""

from pathlib import Path
from string import Template

from fastapi import FastAPI, Request, Response
from pydantic import TypeAdapter
from starlette.types import Receive, Scope, Send

from motcua_simulators.behaviour import NORMAL, Behaviour
from motcua_simulators.control import control_api
from motcua_simulators.ledger import Ledger, timestamp
from motcua_simulators.registry import soap
from motcua_simulators.registry.modes import MODES
from motcua_simulators.registry.people import People, Person

_WSDL = Template((Path(__file__).parent / "dancu.wsdl").read_text(encoding="utf-8"))
_BATCH = TypeAdapter(list[Person])


class _Soap(Response):
    media_type = "text/xml"


class _Cut(Response):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Promise a body and leave: the server closes the connection of an answer that was not finished."""
        del scope, receive
        headers = [(b"content-type", b"text/xml; charset=utf-8"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"<?xml", "more_body": True})


class Registry:
    """Answers look-ups as the behaviour of the moment wants it."""

    def __init__(self, ledger: Ledger, behaviour: Behaviour) -> None:
        self.ledger, self.behaviour, self.people = ledger, behaviour, People()
        for entry in ledger.entries("people"):
            self.people.add(_BATCH.validate_python(entry["added"]))

    def add(self, people: list[Person]) -> None:
        self.people.add(people)
        self.ledger.add("people", {"added": _BATCH.dump_python(people, mode="json", exclude_none=True)})

    async def look_up(self, request: Request) -> Response:
        try:
            lookup = soap.read_lookup(await request.body())
        except soap.InvalidLookupError as error:
            return _Soap(soap.fault("Client", str(error)), 500)
        person = self.people.find(lookup.number)
        mode, behaviour = self._met_by(person)
        self._witness(lookup, mode, found=person is not None)
        if mode == "slow":
            await behaviour.delay()
        return self._answer(lookup, person, mode)

    def _met_by(self, person: Person | None) -> tuple[str, Behaviour]:
        """The mode this look-up meets and whose it is: the registry's as a whole comes before the person's."""
        own = self.people.behaviour_of(person)
        mode = self.behaviour.take(*MODES)
        if mode != NORMAL or own is None:
            return mode, self.behaviour
        return own.take(*MODES), own

    def _witness(self, lookup: soap.Lookup, mode: str, *, found: bool) -> None:
        entry = {"at": timestamp(), "request_id": lookup.request_id, "personal_number": lookup.number}
        self.ledger.add("requests", {**entry, "found": found, "behaviour": mode})

    def _answer(self, lookup: soap.Lookup, person: Person | None, mode: str) -> Response:
        found = [] if person is None else [person]
        match mode:
            case "fail":
                return _Soap(soap.fault("Server", "the registry is not available"), 500)
            case "error":
                return Response("Service Unavailable", 503, media_type="text/plain")
            case "cut":
                return _Cut()
            case "contradict":
                found = [self.people.other_than(lookup.number)]
            case "two-candidates":
                found += [other.twin() for other in found]
            case "disagree":
                found += [other.reborn() for other in found]
            case "repeat":
                found *= 2
        return _Soap(soap.collection(found))


async def describe(request: Request) -> Response:
    """The WSDL, pointing at the address it was asked at."""
    return _Soap(_WSDL.substitute(address=str(request.url.replace(query=""))))


def registry_api(ledger: Ledger) -> FastAPI:
    """The whole simulator as one application."""
    behaviour = Behaviour(MODES)
    registry = Registry(ledger, behaviour)
    app = FastAPI(title="Population registry simulator")
    app.add_route("/ndxp/dancu", registry.look_up, methods=["POST"])
    app.add_route("/ndxp/dancu", describe, methods=["GET"])
    app.include_router(
        control_api("registry", behaviour, lambda limit: {"requests": ledger.entries("requests", limit)})
    )

    @app.put("/control/people")
    async def add_people(people: list[Person]) -> dict[str, int]:
        registry.add(people)
        return {"added": len(people)}

    return app
