"""The control API that every simulator has: its health, its behaviour, its ledger."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import JSONResponse

from motcua_simulators.behaviour import Behaviour, Setting


def control_api(
    simulator: str, behaviour: Behaviour, read_ledger: Callable[[int | None], dict[str, list[Any]]]
) -> APIRouter:
    """Routes under /control; `read_ledger` gets the limit and names its streams."""
    api = APIRouter(prefix="/control")

    @api.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok", "simulator": simulator}

    @api.get("/behaviour")
    async def current_behaviour() -> dict[str, Any]:
        return {**behaviour.setting.model_dump(), "remaining": behaviour.remaining, "modes": behaviour.modes}

    @api.put("/behaviour")
    async def change_behaviour(setting: Setting) -> dict[str, Any]:
        if setting.mode not in behaviour.modes:
            raise HTTPException(422, f"mode {setting.mode!r} is unknown here; one of: {', '.join(behaviour.modes)}")
        behaviour.set(setting)
        return await current_behaviour()

    @api.get("/ledger")
    async def ledger(limit: Annotated[int | None, Query(ge=0)] = None) -> JSONResponse:
        return JSONResponse(read_ledger(limit))

    return api
