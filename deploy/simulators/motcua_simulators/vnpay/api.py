"""The payer's door and the control API; a form's token is the signed query itself, so it outlives a restart."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from motcua_simulators.behaviour import Behaviour, Setting
from motcua_simulators.control import control_api
from motcua_simulators.ledger import Ledger
from motcua_simulators.vnpay.gateway import DECLINED, HELD, PAID, AlreadyPaidError, Gateway, Merchant
from motcua_simulators.vnpay.merchant_api import MODES as REFUND_MODES
from motcua_simulators.vnpay.merchant_api import MerchantApi, is_rejected
from motcua_simulators.vnpay.notifier import Notifier
from motcua_simulators.vnpay.order import Order, OrderRefusedError
from motcua_simulators.vnpay.page import error_page, paid_page, payment_page

MODES = {
    "slow": "Pages and confirmations come after delay_seconds; nothing is charged before.",
    "fail": "Pages and confirmations answer 503; nothing is charged.",
    "late": "The payer is answered at once, the IPN leaves after delay_seconds.",
    "withhold": "The payer is answered at once, the IPN stays until the behaviour is changed.",
    "repeat": "Each IPN is sent three times at once.",
    **REFUND_MODES,
}
_CHARGE_FIELDS = ("txn_ref", "amount", "transaction_no", "bank", "at")
_REFUND_FIELDS = ("txn_ref", "transaction_no", "amount", "request_id", "refund_no", "at")


class NamedMerchant(BaseModel):
    """Where the merchant wants to be told."""

    model_config = ConfigDict(extra="forbid")

    ipn_url: str = Field(pattern=r"^https?://")


class Payment(BaseModel):
    """What a payer does, in one call."""

    model_config = ConfigDict(extra="forbid")

    pay_url: str
    result: str = PAID
    amount: int | None = Field(default=None, ge=1, le=9_999_999_999, description="VND; else what is asked.")
    again: bool = Field(default=False, description="Pay although it is paid: another bank transaction.")
    ignore_expiry: bool = Field(default=False, description="Pay although the time is over.")
    notices: int = Field(default=1, ge=1, le=10, description="How often the merchant is told in any case.")
    shuffle: bool = Field(default=False, description="The notices leave in no order, within half a second.")


class OrderSetting(Setting):
    """How the gateway treats the refunds of one order."""

    txn_ref: str = Field(min_length=1, max_length=100)


class Till:
    """Serves one payer at a time as asked: page or confirmation, under the behaviour of the moment."""

    def __init__(self, gateway: Gateway, behaviour: Behaviour, notifier: Notifier) -> None:
        self.gateway, self._behaviour, self._notifier = gateway, behaviour, notifier

    async def page(self, request: Request) -> Response:
        try:
            order = await self._order(request.url.query)
        except OrderRefusedError as refusal:
            return _refusal(refusal)
        if self.gateway.is_paid(order):
            return HTMLResponse(paid_page(order))
        return HTMLResponse(payment_page(order, request.url.query))

    async def confirm(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        query, code, again = form.get("token", ""), form.get("result", PAID), form.get("again") in {"1", "true", "on"}
        try:
            order = await self._order(query)
            result = self.settle(order, Payment(pay_url=query, result=code, again=again))
        except OrderRefusedError as refusal:
            return _refusal(refusal)
        except AlreadyPaidError:
            return HTMLResponse(paid_page(self.gateway.read(query)), 409)
        return RedirectResponse(_return_url(order, result), 302)

    async def pay(self, payment: Payment) -> Response:
        try:
            order = await self._order(urlsplit(payment.pay_url).query, ignore_expiry=payment.ignore_expiry)
            result = self.settle(order, payment)
        except OrderRefusedError as refusal:
            return JSONResponse({"code": refusal.code, "error": str(refusal)}, refusal.status)
        except AlreadyPaidError:
            return JSONResponse({"error": "already paid"}, 409)
        return JSONResponse({**result, "location": _return_url(order, result)})

    def settle(self, order: Order, payment: Payment) -> dict[str, Any]:
        if payment.result not in {PAID, HELD, *DECLINED}:
            raise OrderRefusedError("03", f"result must be one of {PAID}, {HELD}, {', '.join(sorted(DECLINED))}")
        result = self.gateway.settle(order, payment.result, again=payment.again, amount=payment.amount)
        self._notifier.tell(result, notices=payment.notices, shuffle=payment.shuffle)
        return result

    async def _order(self, query: str, *, ignore_expiry: bool = False) -> Order:
        mode = self._behaviour.take("slow", "fail")
        if mode == "fail":
            raise OrderRefusedError("99", "the gateway is closed", 503)
        if mode == "slow":
            await self._behaviour.delay()
        return self.gateway.read(query, ignore_expiry=ignore_expiry)


def _refusal(refusal: OrderRefusedError) -> HTMLResponse:
    return HTMLResponse(error_page(refusal.code, str(refusal)), refusal.status)


def _return_url(order: Order, result: dict[str, Any]) -> str:
    joint = "&" if "?" in order.return_url else "?"
    return order.return_url + joint + str(result["query"])


def vnpay_api(merchant: Merchant, ledger: Ledger, retry_seconds: float) -> FastAPI:
    """The whole simulator as one application."""
    behaviour, gateway = Behaviour(MODES), Gateway(merchant, ledger)
    notifier = Notifier(merchant, ledger, behaviour, retry_seconds)
    till = Till(gateway, behaviour, notifier)
    merchant_api = MerchantApi(gateway, behaviour)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        notifier.resume()
        yield
        await notifier.close()

    app = FastAPI(title="VNPay simulator", lifespan=lifespan)
    app.add_route("/paymentv2/vpcpay.html", till.page, methods=["GET"])
    app.add_route("/paymentv2/confirm", till.confirm, methods=["POST"])
    app.add_route("/merchant_webapi/api/transaction", merchant_api.answer, methods=["POST"])
    app.add_api_route("/control/pay", till.pay, methods=["POST"])
    app.include_router(control_api("vnpay", behaviour, lambda limit: _ledger_view(gateway, ledger, limit)))

    @app.put("/control/merchant")
    async def name_merchant(named: NamedMerchant) -> dict[str, str]:
        gateway.name_ipn_url(named.ipn_url)
        return {"ipn_url": named.ipn_url}

    @app.put("/control/orders")
    async def treat_order(setting: OrderSetting) -> dict[str, Any]:
        if setting.mode not in merchant_api.modes:
            raise HTTPException(422, f"mode {setting.mode!r} is none of: {', '.join(merchant_api.modes)}")
        merchant_api.treat(setting.txn_ref, setting)
        return setting.model_dump()

    return app


def _ledger_view(gateway: Gateway, ledger: Ledger, limit: int | None) -> dict[str, list[Any]]:
    charges = [{name: charge[name] for name in _CHARGE_FIELDS} for charge in gateway.charges(limit)]
    return {
        "charges": charges,
        "refunds": _refunds(ledger, limit, rejected=False),
        "rejected": _refunds(ledger, limit, rejected=True),
        "ipn": ledger.entries("ipn", limit),
    }


def _refunds(ledger: Ledger, limit: int | None, *, rejected: bool) -> list[dict[str, Any]]:
    found = [entry for entry in ledger.entries("refunds") if is_rejected(entry) == rejected]
    newest = found if limit is None else found[len(found) - min(limit, len(found)) :]
    return [{name: entry[name] for name in _REFUND_FIELDS} for entry in newest]
