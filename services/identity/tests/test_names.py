"""Which spellings are one name, and which are not."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua_identity.names import name_key, same_name

WORDS = (
    "nguyễn trần lê phạm hoàng huỳnh phan võ đặng bùi đỗ hồ ngô dương lý thị văn hữu đức thuý hoà khoẻ quý ngoãn ước"
)
name = st.lists(st.sampled_from(WORDS.split()), min_size=2, max_size=5).map(" ".join)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nguyễn Văn An", "NGUYỄN VĂN AN"),
        ("Nguyễn  Văn\u00a0An ", "Nguyễn Văn An"),
        ("Hòa", "Hoà"),
        ("THÚY", "thuý"),
        ("Khỏe", "khoẻ"),
        ("Qúy", "Quý"),
        ("Hòang", "Hoàng"),
        ("Nguye\u0302\u0303n", "Nguyễn"),
        ("Nguye\u0303\u0302n", "Nguyễn"),
        ("Ðức", "Đức"),
        ("ĐẶNG", "đặng"),
        ("Đỗ Hữu Ước", "ĐỖ HỮU ƯỚC"),
        ("H'Hen Niê", "h'hen niê"),
    ],
)
def test_spellings_of_one_name_are_the_same(one: str, other: str) -> None:
    assert same_name(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("An", "Ân"),
        ("Hoa", "Hòa"),
        ("Hòa", "Hóa"),
        ("Hỏa", "Hoạ"),
        ("Dung", "Dũng"),
        ("Duc", "Đức"),
        ("Lý", "Lí"),
        ("Tuấn", "Tuân"),
        ("Thúy", "Thùy"),
        ("Sarà", "Sàra"),
        ("Văn An", "An Văn"),
        ("Nguyễn Văn An", "Nguyễn An"),
        ("Nguyễn Văn An", "Nguyễn Vănan"),
        ("Hoàn", "Hoàng"),
        ("An", ""),
    ],
)
def test_different_names_stay_different(one: str, other: str) -> None:
    assert not same_name(one, other)


@given(name)
def test_encoding_case_and_spacing_do_not_matter(spelling: str) -> None:
    key = name_key(spelling)
    assert name_key(unicodedata.normalize("NFD", spelling)) == key
    assert name_key(spelling.upper()) == key
    assert name_key(f"\t{spelling.replace(' ', '  ')}\u3000") == key


@given(st.text())
def test_the_key_of_a_key_is_itself(text: str) -> None:
    assert name_key(name_key(text)) == name_key(text)


@given(name, name)
def test_only_the_same_words_in_the_same_order_are_one_name(one: str, other: str) -> None:
    assert same_name(one, other) == (one == other)


@given(name, st.integers(min_value=0), st.sampled_from("\u0300\u0301\u0303\u0309\u0323"))
def test_another_tone_is_another_name(spelling: str, at: int, tone: str) -> None:
    letters = unicodedata.normalize("NFD", spelling)
    tones = [i for i, letter in enumerate(letters) if letter in "\u0300\u0301\u0303\u0309\u0323"]
    if not tones:
        return
    i = tones[at % len(tones)]
    other = letters[:i] + tone + letters[i + 1 :]
    assert same_name(spelling, other) == (letters[i] == tone)
