"""Citizens who do not exist, the same ones for the same seed: numbers, names and births that agree with each other."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from random import Random

_FIRST_BIRTH, _LAST_BIRTH = date(1946, 1, 1), date(2007, 12, 31)
"""Adults on any day from 2026 on; fixed, so that a seed gives the same people next year."""

_PROVINCES = (
    *("001 002 004 006 008 010 011 012 014 015 017 019 020 022 024 025 026 027 030 031 033".split()),
    *("034 035 036 037 038 040 042 044 045 046 048 049 051 052 054 056 058 060 062 064 066".split()),
    *("067 068 070 072 074 075 077 079 080 082 083 084 086 087 089 091 092 093 094 095 096".split()),
)

_FAMILIES = "NGUYỄN TRẦN LÊ PHẠM HOÀNG HUỲNH PHAN VŨ VÕ ĐẶNG BÙI ĐỖ HỒ NGÔ DƯƠNG LÝ ĐINH TRƯƠNG LƯƠNG MAI".split()
_FAMILY_WEIGHTS = (38, 12, 10, 7, 3, 3, 5, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1)


class Gender(StrEnum):
    """As the population registry records it."""

    MALE = "male"
    FEMALE = "female"


_MIDDLES = {
    Gender.MALE: "VĂN HỮU QUỐC GIA THÀNH CÔNG TIẾN HOÀNG DUY TRUNG".split(),
    Gender.FEMALE: "THỊ NGỌC THU THANH KIM DIỆU MỸ BÍCH PHƯƠNG HỒNG".split(),
}
_GIVENS = {
    Gender.MALE: "BẢO CƯỜNG ĐẠT HẢI HÙNG KHÔI LỘC NAM PHÚC QUÂN SƠN TÀI THẮNG TUẤN VINH".split(),
    Gender.FEMALE: "CHI DUNG GIANG HẠNH HOA HƯƠNG LAN LOAN NHUNG OANH QUYÊN THẢO TRANG VÂN YẾN".split(),
}


@dataclass(frozen=True, slots=True)
class Citizen:
    """Somebody to apply for something. The name stands as on an identity card, in capitals."""

    personal_number: str
    full_name: str
    date_of_birth: date
    gender: Gender
    email: str
    phone: str


def synthesise(seed: int, count: int) -> list[Citizen]:
    """The first `count` citizens of a seed; no two share a number, an e-mail address or a telephone."""
    random = Random(seed)  # noqa: S311  # has to be repeatable, need not be secret
    numbers: set[str] = set()
    return [_citizen(random, at, numbers) for at in range(count)]


def _citizen(random: Random, at: int, numbers: set[str]) -> Citizen:
    gender = random.choice(list(Gender))
    born = _FIRST_BIRTH + timedelta(days=random.randrange((_LAST_BIRTH - _FIRST_BIRTH).days + 1))
    number = next(number for number in _numbers(random, born, gender) if number not in numbers)
    numbers.add(number)
    name = _name(random, gender)
    email = f"{_unaccented(name).lower().replace(' ', '.')}.{at}@example.vn"
    return Citizen(number, name, born, gender, email, phone=f"+8490{at:07d}")


def _numbers(random: Random, born: date, gender: Gender) -> Iterator[str]:
    """Numbers this person might bear: birthplace, century and gender, birth year, six random digits."""
    digit = (born.year // 100 - 19) * 2 + (gender is Gender.FEMALE)
    while True:
        yield f"{random.choice(_PROVINCES)}{digit}{born.year % 100:02d}{random.randrange(1_000_000):06d}"


def _name(random: Random, gender: Gender) -> str:
    (family,) = random.choices(_FAMILIES, _FAMILY_WEIGHTS)
    return f"{family} {random.choice(_MIDDLES[gender])} {random.choice(_GIVENS[gender])}"


def _unaccented(name: str) -> str:
    plain = unicodedata.normalize("NFD", name.replace("Đ", "D"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))
