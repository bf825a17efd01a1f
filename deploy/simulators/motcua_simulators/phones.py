"""Misbehaviour towards single telephones: the setting of a number goes before the one for all."""

from typing import Any

from fastapi import APIRouter, HTTPException

from motcua_simulators.behaviour import NORMAL, Behaviour, Setting


class PhoneBehaviours:
    """Behaviours by number, as providers write it: 84901234567."""

    def __init__(self, of_all: Behaviour) -> None:
        self.of_all = of_all
        self._own: dict[str, Behaviour] = {}

    def of(self, phone: str) -> Behaviour:
        """What this number meets."""
        return self._own.get(phone, self.of_all)

    def set(self, phone: str, setting: Setting) -> None:
        """`normal` makes the number one like all others."""
        self._own.pop(phone, None)
        if setting.mode != NORMAL:
            own = self._own[phone] = Behaviour(self.of_all.modes)
            own.set(setting)

    def shown(self) -> dict[str, Any]:
        """Every number that has a setting of its own, with what is left of it."""
        return {
            phone: {**own.setting.model_dump(), "remaining": own.remaining} for phone, own in sorted(self._own.items())
        }


def as_international(phone: str) -> str:
    """`+84901234567`, `0901234567` -> `84901234567`."""
    digits = phone.removeprefix("+")
    return f"84{digits[1:]}" if digits.startswith("0") else digits


def phones_api(phones: PhoneBehaviours) -> APIRouter:
    """Routes under /control/phones; bodies as those of /control/behaviour."""
    api = APIRouter(prefix="/control/phones")

    @api.get("")
    async def settings() -> dict[str, Any]:
        return phones.shown()

    @api.put("/{phone}")
    async def change_setting(phone: str, setting: Setting) -> dict[str, Any]:
        if setting.mode not in phones.of_all.modes:
            raise HTTPException(422, f"mode {setting.mode!r} is unknown here; one of: {', '.join(phones.of_all.modes)}")
        phones.set(as_international(phone), setting)
        return phones.shown()

    return api
