"""What becomes of a paid fee when its application ends early, over the rules we ship and made-up ones."""

from pathlib import Path

import pytest

from motcua_contracts import (
    Closing,
    FeeKind,
    FeeLine,
)
from motcua_payment.fees import NoRefundRule, load_fees
from services.payment.tests.made_up import rule, schedule

FEES = load_fees()


@pytest.mark.parametrize("rule_id", [id_ for id_, fee in FEES.rules.items() if fee.waived is None])
@pytest.mark.parametrize("closing", Closing)
def test_every_rule_that_asks_for_money_says_what_becomes_of_it(rule_id: str, closing: Closing) -> None:
    line = FeeLine(kind=FeeKind.FEE, amount=1, rule=rule_id, act="97/2015/QH13")
    returned = FEES.returned(line, closing)
    assert (returned.rule, returned.act in FEES.acts) == (rule_id, True)


def line_of(rule_id: str) -> FeeLine:
    return FeeLine(kind=FeeKind.FEE, amount=1, rule=rule_id, act="97/2015/QH13")


@pytest.mark.parametrize(
    ("rule_id", "closing", "back", "act"),
    [
        ("2.000815/pages", Closing.STOPPED, True, "97/2015/QH13"),
        ("3.000333/certificate", Closing.REFUSED, False, "97/2015/QH13"),
        ("1.001612/h15", Closing.REFUSED, False, "1/2025/NQ-HĐND-MAU-H15"),
        ("1.004222/counter", Closing.WITHDRAWN, False, "97/2015/QH13"),
        ("1.004222/counter", Closing.DECLINED, True, "97/2015/QH13"),
        ("1.001193/late/h29", Closing.WITHDRAWN, True, "1/2025/NQ-HĐND-MAU-H29"),
    ],
)
def test_what_goes_back_follows_from_the_rule_and_the_end(rule_id: str, closing: Closing, back: bool, act: str) -> None:  # noqa: FBT001
    assert FEES.returned(line_of(rule_id), closing) == (back, rule_id, act)


def test_no_text_on_refunds_counts_as_verified() -> None:
    assert not any(fee.refund.verified for fee in FEES.rules.values() if fee.refund is not None)


def test_a_term_may_be_written_elsewhere_than_its_rule(tmp_path: Path) -> None:
    acts = "acts: [{number: 1/2020/X, title: {vi: a, en: a}, verified: false}, "
    acts += "{number: 97/2015/QH13, title: {vi: Luật, en: Law}, verified: true}]\n"
    own = "refused: {share: none, citation: {act: 1/2020/X, article: Điều 2}}"
    path = tmp_path / "made-up.yaml"
    path.write_text(acts + "rules:" + rule("a", "amount: 1").replace("refused: none", own), encoding="utf-8")
    fees = load_fees(path)
    found = [fees.returned(line_of("a"), closing).act for closing in (Closing.REFUSED, Closing.STOPPED)]
    assert found == ["1/2020/X", "97/2015/QH13"]


def test_a_rule_that_no_longer_holds_still_says_what_becomes_of_what_it_asked_for(tmp_path: Path) -> None:
    old = rule("old", "amount: 1\n    effective_to: 2020-06-30")
    fees = schedule(tmp_path, old, rule("new", "amount: 2", since="2020-07-01"))
    assert fees.returned(line_of("old"), Closing.WITHDRAWN).back


def test_a_rule_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoRefundRule, match="fee rule gone is gone"):
        schedule(tmp_path, rule("a", "amount: 1")).returned(line_of("gone"), Closing.WITHDRAWN)
