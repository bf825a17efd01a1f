"""Citizens: they file, supply what is missing, change their minds; or somebody files for them."""

from uuid import UUID

import httpx

from motcua_contracts import Capacity, SupplementRequested
from motcua_local.demo.people.cast import Cast
from motcua_local.demo.plan import Planned

_PDF = b"%PDF-1.4\n% a synthetic document\n%%EOF\n"


class Applicants:
    """The citizens of one run. `refused` are those whose withdrawal came too late."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        self.refused: set[UUID] = set()

    async def register(self, planned: list[Planned]) -> None:
        """Make the outside systems know whom they should know, and whom not."""
        people = [person for each in planned for person in each.people]
        for start in range(0, len(people), 1_000):
            await self._cast.insist(
                "PUT", self._cast.url("registry", "/control/people"), json=people[start : start + 1_000]
            )
        for each in planned:
            if each.script.unreachable:
                url = self._cast.url("zalo", f"/control/phones/{each.citizen.phone}")
                await self._cast.insist("PUT", url, json={"mode": "refuse"})

    async def submit(self, planned: Planned) -> UUID:
        """File one application; the same key again files nothing new."""
        cast, headers = self._cast, self._cast.filer(planned)
        body = dict(planned.submission)
        if planned.form.documents:
            body["documents"] = {code: await self._upload(headers) for code in planned.form.documents}
        if planned.script.filed_by is Capacity.REPRESENTATIVE:
            body["representative"] = _REPRESENTATIVE
        if planned.script.filed_by is Capacity.COUNTER_OFFICER:
            body["account"] = str(planned.subject)
        desk = "/officer" if planned.script.filed_by is Capacity.COUNTER_OFFICER else ""
        url = cast.url("intake", f"{desk}/applications")
        answer = (await cast.insist("POST", url, headers=headers | _key(planned.key), json=body)).json()
        application = UUID(answer["application_id"])
        cast.submitted[application], cast.codes[application] = planned, answer["dossier_code"]
        return application

    async def supplement(self, application: UUID, asked: SupplementRequested) -> None:
        """Supply everything that was marked."""
        planned, code = self._cast.submitted[application], self._cast.codes[application]
        headers = self._cast.citizen(planned)
        given: dict[str, dict[str, str]] = {}
        for marked in asked.items:
            kind, _, name = marked.item.partition(".")
            value = {"contact": "+84901112233", "field": planned.form.fields.get(name, "Bổ sung")}.get(kind)
            given.setdefault(f"{kind}s", {})[name] = value or await self._upload(headers)
        url = self._cast.url("intake", f"/applications/{code}/supplement")
        await self._cast.insist("POST", url, headers=headers | _key(f"supplement-{code}-{asked.number}"), json=given)

    async def withdraw(self, application: UUID) -> None:
        """Take it back; too late is an answer too."""
        planned, code = self._cast.submitted[application], self._cast.codes[application]
        url = self._cast.url("intake", f"/applications/{code}/withdraw")
        try:
            await self._cast.insist("POST", url, headers=self._cast.citizen(planned) | _key(f"withdraw-{code}"))
        except httpx.HTTPStatusError as refusal:
            if refusal.response.status_code != httpx.codes.CONFLICT:
                raise
            self.refused.add(application)

    async def _upload(self, headers: dict[str, str]) -> str:
        content = {"Content-Type": "application/pdf"}
        answer = await self._cast.insist(
            "POST", self._cast.url("intake", "/uploads"), headers=headers | content, content=_PDF
        )
        return str(answer.json()["upload"])


_REPRESENTATIVE = {"full_name": "TRẦN THỊ ĐẠI DIỆN", "personal_number": "001184000001", "relation": "parent"}


def _key(text: str) -> dict[str, str]:
    return {"Idempotency-Key": text}
