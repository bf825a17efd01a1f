"""Journey 1: submitted, verified, paid, accepted with an appointment, decided, returned; the citizen hears of each."""

from datetime import datetime

from motcua_contracts import ApplicationAccepted, PaymentRequested, PaymentSettled, ResultReturned
from motcua_local.demo.scripts import Journey
from tests.support.journey import Travelled


async def test_a_paid_application_travels_from_submission_to_the_returned_result(mix: Travelled) -> None:

    for application in mix.of(Journey.PAID):
        [asked] = mix.events(application, PaymentRequested)
        [settled] = mix.events(application, PaymentSettled)
        [accepted] = mix.events(application, ApplicationAccepted)
        assert settled.amount == asked.amount > 0
        assert settled.order == application.hex
        assert accepted.appointment > settled.paid_at
        assert len(mix.events(application, ResultReturned)) == 1


async def test_the_citizen_sees_the_whole_story_by_dossier_code(mix: Travelled) -> None:
    application = next(iter(mix.of(Journey.PAID)))
    [accepted] = mix.events(application, ApplicationAccepted)

    shown = await mix.get("intake", f"/applications/{accepted.dossier.code}", mix.citizen(application))

    assert [entry["status"] for entry in shown["timeline"]][-3:] == ["accepted", "decided", "result-returned"]
    assert shown["timeline"][0]["status"] == "submitted"
    assert datetime.fromisoformat(shown["appointment"]) == accepted.appointment
    assert shown["outcome"] == "granted"
    page = await mix.get("payment", f"/payments/{application}", mix.citizen(application))
    assert (page["state"], page.get("pay_url")) == ("settled", None)


async def test_the_citizen_is_told_of_each_step_once_in_their_language(mix: Travelled) -> None:

    for application, planned in mix.of(Journey.PAID, by="email").items():
        [asked] = mix.events(application, PaymentRequested)
        mails = await mix.mails(application)
        assert len(mails) == 6
        assert len({mail["message_id"] for mail in mails}) == 6
        assert all(asked.dossier.code in mail["text"] for mail in mails)
        amount = f"{asked.amount:,}".replace(",", ".")
        assert any(f"{amount}" in mail["text"] for mail in mails)
        vietnamese = planned.submission["language"] == "vi"
        assert all(("Kính" in mail["text"]) is vietnamese for mail in mails)


async def test_receipts_are_numbered_without_gaps(mix: Travelled) -> None:

    receipts = [mix.events(application, PaymentSettled)[0].receipt for application in mix.of(Journey.PAID)]
    history = mix.run.history.by_application.values()
    everything = sorted(t.event.receipt for story in history for t in story if isinstance(t.event, PaymentSettled))
    series: dict[str, list[int]] = {}
    for receipt in everything:
        name, _, number = receipt.rpartition("-")
        series.setdefault(name, []).append(int(number))
    assert set(receipts) <= set(everything)
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in series.values())
