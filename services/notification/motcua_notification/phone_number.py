"""Vietnamese mobile numbers: E.164 in, as providers want them out."""

import re

_MOBILE = re.compile(r"\+(84[35789][0-9]{8})", re.ASCII)


def as_providers_write_it(phone: str) -> str | None:
    """`+84901234567` -> `84901234567`; None for a landline or another country: brand names and Zalo end there."""
    found = _MOBILE.fullmatch(phone)
    return found[1] if found else None
