"""Every wording renders, in both languages, as text and HTML that say the same."""

import html
import re
from collections.abc import Iterable

import pytest
import yaml
from jinja2 import UndefinedError

from motcua_contracts import Attributes, Facts, Language, Match, NotificationRequested, Outcome, Topic
from motcua_contracts.tools.examples import story
from motcua_notification.letters import TEMPLATES, Letter, Letters
from motcua_notification.rules import RULES
from motcua_notification.wordings import Wordings
from services.notification.tests.cases import APPLICATION, all_requests, request_about

PORTAL = "https://dichvucong.example"
NAME = "NGUYỄN VĂN AN"
LETTERS = Letters(Wordings(PORTAL + "/"))
VIETNAMESE_LETTERS = re.compile("[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)


def letter_of(request: NotificationRequested, name: str = NAME) -> Letter:
    return LETTERS.write(request, APPLICATION, name)


def shown_by(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", markup))


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


REQUESTS = [
    *all_requests(),
    *(example.event for example in story() if isinstance(example.event, NotificationRequested)),
]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda r: f"{r.template}-{r.dossier.language}")
def test_every_message_can_be_written(request_: NotificationRequested) -> None:
    letter = letter_of(request_)
    assert request_.dossier.code in letter.subject
    assert len(letter.subject) <= 120
    for part in (letter.text, letter.html):
        assert request_.dossier.code in part
        assert NAME in part
        assert PORTAL in part
        assert f"{PORTAL}//" not in part
        assert not re.search(r"None|Undefined|\{\{|\{%|Facts\(|\bnull\b", part)
    assert "\n" not in letter.subject
    assert max(map(len, letter.text.splitlines())) < 100
    assert "\n\n\n" not in letter.text


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda r: f"{r.template}-{r.dossier.language}")
def test_text_and_html_say_the_same(request_: NotificationRequested) -> None:
    letter = letter_of(request_)
    body = shown_by(letter.html.partition("<body")[2].partition(">")[2])
    links = re.compile(r"https://\S+")
    assert words(links.sub("", letter.text)) == words(body)
    assert set(links.findall(letter.text)) == set(re.findall(r'href="([^"]+)"', letter.html))


def test_vietnamese_is_vietnamese_and_english_is_english() -> None:
    for request in REQUESTS:
        letter = letter_of(request, name="")
        found = VIETNAMESE_LETTERS.findall(letter.subject + letter.text)
        if request.dossier.language is Language.VIETNAMESE:
            assert len(found) > 40
        else:
            assert set(found) <= {"đ"}  # the currency


def test_every_rule_has_a_wording_and_every_wording_a_rule() -> None:
    assert {rule.template for rule in RULES.all} <= {folder.name for folder in TEMPLATES.iterdir()}


def test_a_payment_request_says_how_much_until_when_and_where() -> None:
    letter = letter_of(request_about(Topic.PAYMENT_REQUESTED, amount=1_234_567))
    assert "1.234.567 đ" in letter.subject
    assert "Hạn nộp: 23/11/2026 lúc 17:00" in letter.text
    assert f"{PORTAL}/payments/{APPLICATION}" in letter.text


def test_a_waiver_cites_its_act_and_a_settlement_its_receipt() -> None:
    assert "Căn cứ: 60/2014/QH13" in letter_of(request_about(Topic.PAYMENT_WAIVED)).text
    assert "BL26H29-0000001" in letter_of(request_about(Topic.PAYMENT_SETTLED)).text


def test_an_acceptance_says_when_the_result_is_due() -> None:
    assert "hẹn trả kết quả 25/11/2026 lúc 17:00" in letter_of(request_about(Topic.ACCEPTED)).subject
    assert "Result due: 25/11/2026 at 17:00" in letter_of(request_about(Topic.ACCEPTED, Language.ENGLISH)).text


def test_a_rejection_gives_the_reason_of_each_attribute() -> None:
    found = Attributes(personal_number=Match.MATCH, full_name=Match.MISMATCH, date_of_birth=Match.MISMATCH)
    letter = letter_of(request_about(Topic.IDENTITY_REJECTED, attributes=found))
    assert "- Họ và tên: không khớp với số định danh cá nhân đã khai." in letter.text
    assert "- Ngày, tháng, năm sinh: không khớp" in letter.text
    assert "<li>Họ và tên: không khớp" in letter.html
    assert "- Số định danh" not in letter.text


def test_a_refusal_names_the_way_to_complain_and_a_grant_does_not() -> None:
    texts = {o: letter_of(request_about(Topic.DECIDED, outcome=o)).text.replace("\n", " ") for o in Outcome}
    assert "Luật Khiếu nại số 02/2011/QH13" in texts[Outcome.REFUSED]
    assert "khiếu nại" not in texts[Outcome.GRANTED].lower()


def test_a_name_cannot_bring_markup_into_the_html() -> None:
    letter = letter_of(request_about(Topic.SUBMITTED), name='<script>alert("x")</script>{{ 7*7 }}')
    assert "<script" not in letter.html
    assert "&lt;script&gt;" in letter.html
    assert "{{ 7*7 }}" in letter.text


def test_without_a_name_the_greeting_still_reads_well() -> None:
    assert letter_of(request_about(Topic.SUBMITTED), name="").text.startswith("Kính gửi ông/bà,\n")


def test_a_missing_fact_is_an_error_and_not_an_empty_place() -> None:
    request = request_about(Topic.PAYMENT_REQUESTED).model_copy(update={"facts": Facts()})
    with pytest.raises((UndefinedError, TypeError)):
        letter_of(request)


def test_both_frames_have_the_same_words() -> None:
    def keys(values: Iterable[str]) -> set[str]:
        return set(values)

    vi, en = (yaml.safe_load((TEMPLATES / "frame" / f"{name}.yaml").read_text("utf-8")) for name in ("vi", "en"))
    assert keys(vi) == keys(en)
