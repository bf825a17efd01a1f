"""A dossier for which no fee rule speaks: it waits for the rule, and nobody waits for it."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from motcua_contracts import PaymentRequested
from motcua_payment.domain import decider
from motcua_payment.fee_rules import PACKAGED
from motcua_payment.fees import load_fees
from services.payment.tests.story import verified
from services.payment.tests.till import Till, open_till

FORGOTTEN = "9.999999"
RULE = """
  - id: 9.999999/late-coming
    name: {vi: Phí thẩm định, en: Appraisal fee}
    kind: fee
    procedure: "9.999999"
    effective_from: 2026-01-01
    amount: 30000
    refund: {withdrawn: full, declined: full, refused: none, stopped: none, verified: false}
    citation: {act: 97/2015/QH13, article: Điều 4}
    verified: true
"""


async def open_letters(till: Till) -> list[tuple[int, str, str]]:
    rows = await till.pool.fetch(
        "SELECT id, state, reason FROM dead_letters WHERE state IN ('parked', 'held') ORDER BY id"
    )
    return [tuple(row) for row in rows]


async def test_its_record_is_parked_and_its_neighbours_are_billed(own_till: Till) -> None:
    forgotten, *others = (uuid4() for _ in range(3))
    await own_till.hear((others[0], verified()), (forgotten, verified(FORGOTTEN)), (others[1], verified()))
    assert [reason for _, _, reason in await open_letters(own_till)] == ["raised-NoFeeRule"]
    for application in others:
        assert (await own_till.view(application))["state"] == "requested"
    assert (await own_till.look(forgotten)).status_code == 404
    assert await own_till.events(forgotten) == []


async def test_once_the_rule_is_there_a_retry_bills_it(database: str, tmp_path: Path) -> None:
    forgotten = uuid4()
    async with open_till(database) as till:
        await till.hear((forgotten, verified(FORGOTTEN)))
        [(letter, _, _)] = await open_letters(till)
        assert await till.repair.retry(letter, "an-operator") == "parked", "nothing has changed"
    mended = tmp_path / "fees.yaml"
    mended.write_text(PACKAGED.read_text(encoding="utf-8") + RULE, encoding="utf-8")
    async with open_till(database, decider(load_fees(mended))) as till:
        assert await till.repair.retry(letter, "an-operator") == "retried"
        assert await open_letters(till) == []
        [request] = await till.events(forgotten)
        assert isinstance(request, PaymentRequested)
        assert (request.amount, request.lines[0].rule) == (30_000, "9.999999/late-coming")
        assert request.expires_at > datetime.now(UTC), "the time to pay starts now, not when it was parked"
