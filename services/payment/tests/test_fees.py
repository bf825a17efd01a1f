"""What is owed, by whom, when and by which rule, over the fees we ship and over small made-up schedules."""

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua_chassis.reference_data import ReferenceDataError
from motcua_contracts import (
    Beneficiary,
    Channel,
    Dossier,
    FeeBasis,
    FeeCondition,
    FeeKind,
    WaiverReason,
)
from motcua_payment.fees import NoFeeRule, Owed, Waived, load_fees
from services.payment.tests.made_up import TERMS, rule, schedule

FEES = load_fees()
TODAY = date(2026, 11, 22)
LATE = (FeeCondition.LATE_REGISTRATION,)
ONLINE, COUNTER, POST = Channel.ONLINE, Channel.IN_PERSON, Channel.POST
PROCEDURES = sorted({rule.procedure for rule in FEES.rules.values()})
AGENCIES = ["H29.25.12", "H26.30.05", "H55.242", "H15.50.05.13", "H01.1", "G01.29.12"]


def dossier(procedure: str, agency: str = "H29.25.12", channel: Channel = ONLINE) -> Dossier:
    code = f"{agency}-261122-0001"
    return Dossier(code=code, applicant_id=UUID(int=1), procedure=procedure, agency=agency, channel=channel)


def basis(beneficiary: Beneficiary = Beneficiary.NONE, on: date = TODAY, **facts: Any) -> FeeBasis:
    return FeeBasis.model_validate({"submitted_on": on, "beneficiary": beneficiary, **facts})


@pytest.mark.parametrize(
    ("procedure", "agency", "channel", "facts", "rule", "kind", "total"),
    [
        ("2.000815", "H29.25.12", ONLINE, {"pages": 1}, "2.000815/pages", "fee", 2_000),
        ("2.000815", "H29.25.12", ONLINE, {"pages": 2}, "2.000815/pages", "fee", 4_000),
        ("2.000815", "H29.25.12", ONLINE, {"pages": 3}, "2.000815/pages", "fee", 5_000),
        ("2.000815", "H29.25.12", ONLINE, {"pages": 4, "copies": 3}, "2.000815/pages", "fee", 18_000),
        ("2.000815", "H29.25.12", ONLINE, {"pages": 198}, "2.000815/pages", "fee", 200_000),
        ("2.000815", "H29.25.12", ONLINE, {"pages": 9_000, "copies": 2}, "2.000815/pages", "fee", 400_000),
        ("2.000815.000.00.00.H55", "H55.242", ONLINE, {"pages": 3}, "2.000815/pages", "fee", 5_000),
        ("1.001193", "H55.242", COUNTER, {"conditions": LATE}, "1.001193/late/h55", "charge", 8_000),
        ("1.001193", "H55.242", ONLINE, {"conditions": LATE}, "1.001193/late/h55-online", "charge", 4_000),
        ("1.001193", "H15.50.05.13", ONLINE, {"conditions": LATE}, "1.001193/late/h15-online", "charge", 2_500),
        ("1.001612", "H55.242", ONLINE, {}, "1.001612/h55-online", "charge", 50_000),
        ("1.001193", "H29.25.12", COUNTER, {"conditions": LATE}, "1.001193/late/h29", "charge", 8_000),
        ("1.001612", "H29.25.12", POST, {}, "1.001612/h29", "charge", 100_000),
        ("1.001612", "H26.30.05", ONLINE, {}, "1.001612/h26-online", "charge", 50_000),
        ("1.004222", "G01.29.12", COUNTER, {}, "1.004222/counter", "charge", 20_000),
        ("1.004222", "G01.29.12", POST, {}, "1.004222/counter", "charge", 20_000),
        ("1.004222", "G01.29.12", ONLINE, {}, "1.004222/online", "charge", 10_000),
        ("3.000333", "G01.29", ONLINE, {}, "3.000333/certificate", "fee", 200_000),
        ("3.000333", "G01.29", ONLINE, {"beneficiary": "student"}, "3.000333/reduced", "fee", 100_000),
        ("3.000347", "G01.29", COUNTER, {}, "3.000347/licence", "charge", 135_000),
    ],
)
def test_what_is_owed_follows_from_procedure_place_channel_and_person(
    procedure: str, agency: str, channel: Channel, facts: dict[str, Any], rule: str, kind: str, total: int
) -> None:
    owed = FEES.assess(dossier(procedure, agency, channel), basis(**facts))
    assert isinstance(owed, Owed)
    assert [(line.rule, line.kind) for line in owed.lines] == [(rule, FeeKind(kind))]
    assert owed.total == total


@pytest.mark.parametrize(
    ("day", "total"),
    [
        (date(2023, 11, 30), 135_000),
        (date(2023, 12, 1), 115_000),
        (date(2025, 12, 31), 115_000),
        (date(2026, 1, 1), 135_000),
    ],
)
def test_the_online_price_of_a_driving_licence_holds_from_its_first_day_to_its_last(day: date, total: int) -> None:
    owed = FEES.assess(dossier("3.000347", "G01.29"), basis(on=day))
    assert isinstance(owed, Owed)
    assert owed.total == total


@pytest.mark.parametrize(
    ("procedure", "agency", "channel", "facts", "waived"),
    [
        ("1.001193", "H55.242", COUNTER, {}, ("free-of-charge", "1.001193/on-time", "60/2014/QH13")),
        ("1.000894", "H26.30.05", COUNTER, {}, ("free-of-charge", "1.000894/free", "60/2014/QH13")),
        ("1.000894.01", "H26.30.05", COUNTER, {}, ("free-of-charge", "1.000894/free", "60/2014/QH13")),
        ("2.000908", "H15.50.05.13", POST, {}, ("free-of-charge", "2.000908/free", "97/2015/QH13")),
        (
            "1.001193", "H29.25.12", ONLINE, {"conditions": LATE},
            ("exempt", "1.001193/late/h29-online", "2/2025/NQ-HĐND-MAU-H29"),
        ),
        (
            "1.001193", "H55.242", COUNTER, {"conditions": LATE, "beneficiary": "poor-household"},
            ("exempt", "1.001193/late/exempt", "60/2014/QH13"),
        ),
        (
            "1.001193", "H26.30", ONLINE, {"conditions": LATE},
            ("exempt", "1.001193/late/h26-online", "1/2025/NQ-HĐND-MAU-H26"),
        ),
        (
            "1.001193", "H15.50.05.13", COUNTER, {"conditions": LATE, "beneficiary": "near-poor-household"},
            ("exempt", "1.001193/late/h15-hard-area", "1/2025/NQ-HĐND-MAU-H15"),
        ),
        (
            "1.001193", "H55.242", COUNTER, {"conditions": LATE, "beneficiary": "child"},
            ("exempt", "1.001193/late/h55-exempt", "1/2025/NQ-HĐND-MAU-H55"),
        ),
        (
            "1.001612", "H26.30", ONLINE, {"beneficiary": "person-of-merit"},
            ("exempt", "1.001612/h26-exempt", "1/2025/NQ-HĐND-MAU-H26"),
        ),
        (
            "1.001612", "H55.242", POST, {"beneficiary": "disabled"},
            ("exempt", "1.001612/h55-exempt", "1/2025/NQ-HĐND-MAU-H55"),
        ),
        ("1.001193", "H01.1", COUNTER, {"conditions": LATE}, ("free-of-charge", "1.001193/late", "85/2019/TT-BTC")),
        ("1.004222", "G01.29.12", COUNTER, {"beneficiary": "elderly"}, ("exempt", "1.004222/exempt", "75/2022/TT-BTC")),
        ("3.000333", "G01.29", ONLINE, {"beneficiary": "child"}, ("exempt", "3.000333/exempt", "244/2016/TT-BTC")),
    ],
)  # fmt: skip
def test_what_is_waived_names_the_reason_the_rule_and_the_act(
    procedure: str, agency: str, channel: Channel, facts: dict[str, Any], waived: tuple[str, str, str]
) -> None:
    reason, rule, act = waived
    answer = FEES.assess(dossier(procedure, agency, channel), basis(**facts))
    assert answer == Waived(WaiverReason(reason), rule, act)


def test_a_case_without_a_rule_says_which_procedure_agency_and_day() -> None:
    with pytest.raises(NoFeeRule, match=r"procedure 9\.999999 at agency H29\.25\.12 on 2026-11-22"):
        FEES.assess(dossier("9.999999"), basis())
    with pytest.raises(NoFeeRule, match="2009-01-01"):
        FEES.assess(dossier("2.000815"), basis(on=date(2009, 1, 1)))


cases = st.tuples(
    st.sampled_from(PROCEDURES), st.sampled_from(AGENCIES), st.sampled_from(Channel), st.sampled_from(Beneficiary),
    st.sampled_from([(), LATE]), st.dates(date(2025, 7, 1), date(2028, 12, 31)), st.integers(1, 10_000),
    st.integers(1, 1_000),
)  # fmt: skip


def _cost(case: tuple[Any, ...], beneficiary: Beneficiary) -> int:
    procedure, agency, channel, _, conditions, day, pages, copies = case
    facts = basis(beneficiary, on=day, conditions=conditions, pages=pages, copies=copies)
    answer = FEES.assess(dossier(procedure, agency, channel), facts)
    if isinstance(answer, Owed):
        assert answer.lines
        assert all(line.amount > 0 for line in answer.lines)
        return answer.total
    return 0


@given(cases)
def test_every_case_since_july_2025_has_an_answer_and_no_group_pays_more_than_others(
    case: tuple[Any, ...],
) -> None:
    assert _cost(case, case[3]) <= _cost(case, Beneficiary.NONE)


def test_a_verified_rule_cites_no_sample_and_a_sample_says_so() -> None:
    for act in FEES.acts.values():
        assert ("-MAU" in act.number) == ("ample" in act.title.en)
        assert not (act.verified and "-MAU" in act.number)


def test_a_fee_and_a_charge_are_owed_side_by_side(tmp_path: Path) -> None:
    fees = schedule(tmp_path, rule("a", "amount: 100"), rule("b", "amount: 7", kind="charge"))
    owed = fees.assess(dossier("2.000815"), basis())
    assert isinstance(owed, Owed)
    assert [(line.kind, line.amount) for line in owed.lines] == [("fee", 100), ("charge", 7)]
    assert owed.total == 107


def test_a_waived_fee_leaves_the_charge_owed(tmp_path: Path) -> None:
    fees = schedule(tmp_path, rule("a", "waived: exempt"), rule("b", "amount: 7", kind="charge"))
    owed = fees.assess(dossier("2.000815"), basis())
    assert isinstance(owed, Owed)
    assert [line.rule for line in owed.lines] == ["b"]


def test_an_exemption_of_a_group_survives_a_local_tariff_for_everyone(tmp_path: Path) -> None:
    local = rule("local", "amount: 9\n    provinces: [H29]\n    channels: [online]", procedure="2.000815.01")
    exempt = rule("exempt", "waived: exempt\n    beneficiaries: [child]")
    fees = schedule(tmp_path, rule("all", "amount: 100"), local, exempt)
    child, anyone = basis(Beneficiary.CHILD), basis()
    assert isinstance(fees.assess(dossier("2.000815.01"), child), Waived)
    answers = [fees.assess(dossier(code), anyone) for code in ("2.000815.01", "2.000815")]
    assert [answer.total for answer in answers if isinstance(answer, Owed)] == [9, 100]


def test_equally_specific_rules_that_can_meet_are_refused(tmp_path: Path) -> None:
    one = rule("one", "amount: 1\n    provinces: [H29, H26]\n    effective_to: 2020-06-30")
    other = rule("other", "amount: 2\n    provinces: [H26]", since="2020-06-30")
    with pytest.raises(ReferenceDataError, match=r"made-up\.yaml: rules one and other overlap"):
        schedule(tmp_path, one, other)


def test_equally_specific_rules_parted_by_a_day_or_a_province_stand_side_by_side(tmp_path: Path) -> None:
    one = rule("one", "amount: 1\n    provinces: [H26]\n    effective_to: 2020-06-30")
    later = rule("later", "amount: 2\n    provinces: [H26]", since="2020-07-01")
    elsewhere = rule("elsewhere", "amount: 3\n    provinces: [H29]")
    assert set(schedule(tmp_path, one, later, elsewhere).rules) == {"one", "later", "elsewhere"}


@pytest.mark.parametrize(
    ("faulty", "message"),
    [
        (rule("a", "amount: 0"), r"rule a: amount: Input should be greater than 0"),
        (rule("a", "amount: 1\n    waived: exempt"), r"rule a: .*exactly one of amount, pages, waived"),
        (rule("a", "amount: 1\n    capp: 3"), r"rule a: capp: Extra inputs are not permitted"),
        (rule("a", "amount: 1\n    effective_to: 2019-12-31"), r"rule a: .*2019-12-31 is before"),
        (rule("a", "amount: 1\n    provinces: []"), r"rule a: provinces: "),
        (
            rule("a", "amount: 1").replace('"2.000815"', "2.000815"),
            r"rule a: procedure: Input should be",
        ),
        (rule("a", "amount: 1").replace("act: 97/2015/QH13", "act: 1/2015/QH13"), r"rule a: cites 1/2015/QH13"),
        (rule("a", "amount: 1").replace("- id: a", "- ID: a"), r"rule number 1: id: Field required"),
        (rule("a", "amount: 1") + rule("a", "amount: 1", since="2021-01-01"), r"rule a is there twice"),
        ("\n  - [", r"not readable as YAML"),
        (rule("a", "amount: 1").replace("refund:", "# "), r"rule a: .*say in `refund` what goes back when"),
        (rule("a", f"waived: exempt\n    refund: {TERMS}"), r"rule a: .*nothing is paid under a waiver"),
        (rule("a", "amount: 1").replace("full", "half", 1), r"rule a: refund\.withdrawn\.share: Input should be"),
        (rule("a", "amount: 1").replace("stopped: none, ", ""), r"rule a: refund\.stopped: Field required"),
        (rule("a", "amount: 1").replace("stopped", "stoped"), r"rule a: .*refund\.stoped: Extra inputs"),
        (
            rule("a", "amount: 1").replace(
                "refused: none", "refused: {share: none, citation: {act: 1/2015/QH13, article: x}}"
            ),
            r"rule a: cites 1/2015/QH13, which is not among the acts",
        ),
    ],
)
def test_wrong_data_is_refused_naming_file_rule_and_field(tmp_path: Path, faulty: str, message: str) -> None:
    with pytest.raises(ReferenceDataError, match=r"made-up\.yaml: " + message):
        schedule(tmp_path, faulty)


def test_a_verified_rule_may_not_stand_on_an_unverified_act(tmp_path: Path) -> None:
    path = tmp_path / "made-up.yaml"
    acts = "acts: [{number: 97/2015/QH13, title: {vi: Luật, en: Law}, verified: false}]\n"
    path.write_text(acts + "rules:" + rule("a", "amount: 1"), encoding="utf-8")
    with pytest.raises(ReferenceDataError, match="rule a: verified, but the act it cites"):
        load_fees(path)


EIGHT = {"1.001193", "1.000894", "2.000815", "2.000908", "1.001612", "1.004222", "3.000333", "3.000347"}


def test_every_sample_procedure_has_its_rules() -> None:
    assert set(PROCEDURES) == EIGHT
