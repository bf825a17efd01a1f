"""Defects in the services: money, messages, deadlines, officers and personal data."""

from tests.failures.sabotage.defect import Defect, defect

_INTAKE, _IDENTITY = "services/intake/motcua_intake", "services/identity/motcua_identity"
_PAYMENT, _NOTIFICATION = "services/payment/motcua_payment", "services/notification/motcua_notification"
_SCHEDULES = "tests/simulation/test_schedules.py::test_every_promise_holds_in_two_thousand_schedules"

MONEY: tuple[Defect, ...] = (
    defect(
        "webhook's signature ignored", f"{_PAYMENT}/gateway.py",
        'return _notice(signed) if genuine and signed.get("vnp_TmnCode") == self._terminal else None',
        'return _notice(signed) if genuine is not None and signed.get("vnp_TmnCode") == self._terminal else None',
        "services/payment/tests/test_gateway.py::test_a_forged_notice_is_refused",
    ),
    defect(
        "late money kept", f"{_PAYMENT}/domain.py",
        "    return [*over, unapplied, refunds.give_back(state.refunds, unapplied, message.application)]\n",
        "    return [*over, unapplied]\n",
        "services/payment/tests/test_money.py",
    ),
    defect(
        "late money swallowed", f"{_PAYMENT}/domain.py",
        "    if paid.transaction in state.transactions:\n        return []\n",
        "    if paid.transaction in state.transactions or state.phase is Phase.EXPIRED:\n        return []\n",
        _SCHEDULES,
    ),
    defect(
        "billed after it ended", f"{_PAYMENT}/domain.py",
        "        case Payment(phase=Phase.UNKNOWN | Phase.REQUESTED):\n",
        "        case Payment(phase=Phase.REQUESTED):\n",
        _SCHEDULES,
    ),
    defect(
        "refund ordered without asking", f"{_PAYMENT}/refunder.py",
        "        known = await self._known(refund.request, payment, refuse=news)\n",
        "        known: Answered | None = None if news is not None else None\n",
        _SCHEDULES,
    ),
    defect(
        "a payment told twice counts twice", f"{_PAYMENT}/state.py",
        "            return replace(state, transactions=(*state.transactions, event.transaction))\n",
        "            return replace(state, transactions=(*state.transactions, event.order))\n",
        "services/payment/tests/test_money.py",
    ),
)  # fmt: skip

PEOPLE: tuple[Defect, ...] = (
    defect(
        "four eyes of one officer", f"{_IDENTITY}/domain.py",
        "    if first is not None and first.officer == found.officer:\n",
        "    if first is not None and first.officer is found:\n",
        "services/identity/tests/test_domain.py::test_no_officer_alone_ever_settles_what_needs_four_eyes",
    ),
    defect(
        "occasions of a topic not told apart", f"{_NOTIFICATION}/domain.py",
        '    return f"{topic.value}:{number}"\n', '    return f"{topic.value}:{min(number, 1)}"\n',
        "services/notification/tests/test_domain.py::test_each_occasion_of_a_topic_is_told_on_its_own",
    ),
    defect(
        "what may have arrived goes out by the next medium", f"{_NOTIFICATION}/domain.py",
        "_FINAL = frozenset({Failure.OUTCOME_UNKNOWN, Failure.APPLICANT_ERASED})\n",
        "_FINAL = frozenset({Failure.APPLICANT_ERASED})\n",
        "services/notification/tests/test_domain.py::test_what_may_have_arrived_or_has_nobody_to_arrive_at_goes_no_further",
    ),
    defect(
        "second provider asked while the first may hold it", f"{_NOTIFICATION}/sms.py",
        "        if not opened:\n", "        if opened is not None:\n",
        "services/notification/tests/test_sms.py::test_what_the_first_may_have_taken_is_asked_there_again_and_delivered_once",
    ),
    defect(
        "pause of the deadline ignored", f"{_INTAKE}/application.py",
        "        limit = with_(limit, pauses=(*limit.pauses, Pause(request.requested_at, None)))\n",
        "        limit = with_(limit, pauses=limit.pauses)\n",
        "services/intake/tests/test_supplements.py",
    ),
    defect(
        "an end that is none", f"{_INTAKE}/closing.py",
        "TOO_LATE = ENDS | {Status.DECIDED}\n", "TOO_LATE = frozenset({Status.WITHDRAWN}) & ENDS\n",
        "services/intake/tests/test_withdrawals.py::test_afterwards_it_is_too_late_and_the_refusal_says_why",
    ),
)  # fmt: skip

PRIVACY: tuple[Defect, ...] = (
    defect(
        "one key for the whole vault", f"{_INTAKE}/vault.py",
        "        key = os.urandom(KEY_BYTES)\n", '        key = b"\\0" * KEY_BYTES or os.urandom(1)\n',
        "tests/failures/test_a_key_each.py",
    ),
    defect(
        "access not recorded", f"{_INTAKE}/vault.py",
        "SELECT application_id, $2, $3 FROM found\n", "SELECT application_id, $2, $3 FROM found WHERE false\n",
        "services/intake/tests/test_vault.py::test_every_access_is_recorded_with_reader_and_purpose",
    ),
    defect(
        "claim check tells more than its purpose needs", f"{_INTAKE}/vault.py",
        '    Purpose.NOTIFICATION: ("full_name", "email", "phone"),\n',
        '    Purpose.NOTIFICATION: ("full_name", "email", "phone", "personal_number"),\n',
        "services/intake/tests/test_vault.py::test_each_purpose_is_told_its_own_fields",
    ),
    defect(
        "events may hold free text", "contracts/motcua_contracts/event.py",
        "            if not is_closed(field.annotation, field.metadata, part=Part):\n",
        "            if not is_closed(field.annotation, field.metadata, part=Part) and not name:\n",
        "contracts/tests/test_closed_types.py",
    ),
)  # fmt: skip
