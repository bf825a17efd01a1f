"""Every SMS and ZNS message in both languages, with the longest facts there can be, stays within its limits."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from motcua_contracts import Facts, Language, Outcome
from motcua_notification import gsm
from motcua_notification.letters import Letters
from motcua_notification.texts import MOST_PARTS, Texts
from motcua_notification.wordings import LONGEST_PORTAL, Wordings
from motcua_notification.zns_template import LARGEST_TEXT, LIMITS, ParameterType
from services.notification.tests.worst import (
    APPLICATION,
    CODE,
    NOTE,
    PORTAL,
    TEMPLATE_IDS,
    WORDS,
    every_request,
    request,
)

WORDINGS = Wordings(PORTAL)
TEXTS, LETTERS = Texts(WORDINGS), Letters(WORDINGS)
REQUESTS = list(every_request())
LEFTOVERS = re.compile(r"None|Undefined|\{\{|\{%|Facts\(|[a-z]+-[a-z]+-[a-z]+\.v\d|  ")
VIETNAMESE = "aàáảãạăằắẳẵặâầấẩẫậeèéẻẽẹêềếểễệiìíỉĩịoòóỏõọôồốổỗộơờớởỡợuùúủũụưừứửữựyỳýỷỹỵđ"


def test_there_is_a_wording_for_every_topic() -> None:
    assert len(TEMPLATE_IDS) == 21
    assert len(CODE) == 52


@pytest.mark.parametrize("template", TEMPLATE_IDS)
@pytest.mark.parametrize("language", Language)
def test_every_message_fits_whatever_its_facts(template: str, language: Language) -> None:
    asked = [r for r in REQUESTS if r.template == template and r.dossier.language is language]
    assert len(asked) > 20
    for each in asked:
        text = TEXTS.sms(each, APPLICATION)
        assert gsm.parts(text) <= MOST_PARTS
        assert text.isascii()
        message = TEXTS.zns(each, APPLICATION)
        assert len(message.shown) <= LARGEST_TEXT
        letter = LETTERS.write(each, APPLICATION, "NGUYỄN VĂN AN", {str(NOTE): WORDS})
        assert max(map(len, letter.text.splitlines())) < 130
        for part in (text, message.shown, letter.subject, letter.text.replace("  ", " ")):
            assert not LEFTOVERS.search(part), part
            assert CODE in part


@pytest.mark.parametrize("each", REQUESTS[::7], ids=lambda r: f"{r.template}-{r.dossier.language}")
def test_an_sms_and_a_zns_message_name_nobody_and_quote_no_officer(each: object) -> None:
    text, message = TEXTS.sms(each, APPLICATION), TEXTS.zns(each, APPLICATION)  # type: ignore[arg-type]
    assert "chup lai" not in text
    assert "chụp lại" not in message.shown


def test_every_zalo_template_has_an_id_of_its_own() -> None:
    ids = [TEXTS.zns(request(t, language), APPLICATION).template for t in TEMPLATE_IDS for language in Language]
    assert len(set(ids)) == len(ids) == 42


def test_no_parameter_is_longer_than_zalo_takes_even_alone() -> None:
    for template, _ in WORDINGS._zns.values():
        assert set(LIMITS) == set(ParameterType)
        assert sum(p.type is ParameterType.URL for p in template.parameters.values()) == 1
        assert not re.search(r"https?:|SMS|anh/chị", template.text)


@pytest.mark.parametrize("template", TEMPLATE_IDS)
def test_a_missing_fact_is_an_error_in_every_medium(template: str) -> None:
    needed = {"payment-requested.v1", "payment-settled.v1", "payment-waived.v1", "accepted.v1", "refund-declined.v1"}
    if template not in needed:
        return
    empty = request(template, Language.VIETNAMESE).model_copy(update={"facts": Facts()})
    with pytest.raises((UndefinedError, TypeError, AttributeError)):
        TEXTS.sms(empty, APPLICATION)
    with pytest.raises((UndefinedError, TypeError, AttributeError, ValueError)):
        TEXTS.zns(empty, APPLICATION)
    with pytest.raises((UndefinedError, TypeError, AttributeError)):
        LETTERS.write(empty, APPLICATION, "")


def test_a_supplement_request_says_each_place_what_is_wrong_with_it_and_the_officer_s_words() -> None:
    asked = request("supplement-requested.v1", Language.VIETNAMESE)
    letter = LETTERS.write(asked, APPLICATION, "", {str(NOTE): "Trang 3\nbị <mờ>"})
    flat = " ".join(letter.text.split())
    assert flat.count("không đọc được (mờ, mất góc hoặc thiếu trang). Ý kiến của cán bộ: Trang 3 bị <mờ>") == 50
    assert "Trang 3 bị &lt;mờ&gt;" in letter.html
    assert "tạm dừng" in flat
    assert "31/12/2026 lúc 23:59" in letter.subject
    text = TEXTS.sms(asked, APPLICATION)
    assert "can bo sung 50 noi dung truoc 23:59 31/12/2026" in text


def test_words_that_are_no_longer_kept_leave_no_empty_remark() -> None:
    letter = LETTERS.write(request("declined.v1", Language.ENGLISH), APPLICATION, "", {})
    assert "The officer writes" not in letter.text
    assert "The reason: The agency is not competent in this matter." in letter.text


def test_a_late_result_is_apologised_for_with_both_dates() -> None:
    text = TEXTS.sms(request("appointment-extended.v1", Language.VIETNAMESE), APPLICATION)
    assert text.startswith("Chung toi xin loi vi ho so")
    assert text.count("23:59 31/12/2026") == 2


def test_a_decision_that_grants_gives_no_ground() -> None:
    granted = request("decided.v2", Language.VIETNAMESE, outcome=Outcome.GRANTED, ground=None, note=None)
    assert "khieu nai" not in TEXTS.sms(granted, APPLICATION).lower()
    assert "Lý do" not in LETTERS.write(granted, APPLICATION, "").text
    refused = request("decided.v2", Language.VIETNAMESE)
    assert "khong thuoc tham quyen" in TEXTS.sms(refused, APPLICATION)


@pytest.mark.parametrize("portal", ["https://cổng.vn", "https://" + "d" * LONGEST_PORTAL])
def test_a_portal_whose_links_would_not_fit_is_refused_at_start(portal: str) -> None:
    with pytest.raises(ValueError, match="ASCII"):
        Wordings(portal)


def test_accents_come_off_letter_by_letter() -> None:
    assert gsm.unaccent("Hồ sơ ĐÃ ĐƯỢC tiếp nhận – “đúng hẹn”…") == 'Ho so DA DUOC tiep nhan - "dung hen"...'
    for letter in VIETNAMESE + VIETNAMESE.upper():
        for form in ("NFC", "NFD"):
            plain = gsm.unaccent(unicodedata.normalize(form, letter))
            assert len(plain) == 1
            assert plain in "aeiouydAEIOUYD"


@given(st.text())
def test_whatever_is_written_can_be_sent_as_gsm_in_its_basic_letters(text: str) -> None:
    plain = gsm.unaccent(text)
    assert plain.isascii()
    assert gsm.length(plain) == len(plain)
    assert gsm.unaccent(plain) == plain


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789 .,:;()/-+@!?'\"" + VIETNAMESE))
def test_vietnamese_keeps_its_letters_and_its_words(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    plain = gsm.unaccent(text)
    assert "?" not in plain.replace("?", "", composed.count("?"))
    assert [len(word) for word in plain.split()] == [len(word) for word in composed.split()]


@given(st.text())
def test_parts_are_counted_as_operators_count_them(text: str) -> None:
    plain = gsm.unaccent(text)
    assert gsm.parts(plain) == (1 if len(plain) <= 160 else -(-len(plain) // 153))


@pytest.mark.parametrize(("letters", "parts"), [(160, 1), (161, 2), (306, 2), (307, 3), (459, 3), (460, 4)])
def test_the_limits_of_parts(letters: int, parts: int) -> None:
    assert gsm.parts("a" * letters) == parts


def test_extended_letters_count_twice_and_others_are_refused() -> None:
    assert gsm.length("a[b]") == 6
    with pytest.raises(ValueError, match="GSM"):
        gsm.length("ồ")
