"""The GSM 7-bit alphabet (3GPP TS 23.038): Vietnamese without its accents, and how many parts a text takes.

Invariant: what `unaccent` returns can be sent as it is; no letter of it makes an operator switch to UCS-2.
"""

import unicodedata

LARGEST_SINGLE = 160
LARGEST_PART = 153
"""Characters of each part where there are several: the rest of it says which part it is."""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
"""These take two characters each."""
_SENDABLE = frozenset(letter for letter in _BASIC if letter.isascii() and letter not in "\n\r")
_ALIKE = str.maketrans(
    {
        "đ": "d",
        "Đ": "D",
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("[{", "("),
        **dict.fromkeys("]}", ")"),
        **dict.fromkeys("•·", "-"),
        "…": "...",
        "₫": "d",
        "|": "/",
        "\\": "/",
        "~": "-",
        "^": "?",
        "\u200b": None,
    }
)


def unaccent(text: str) -> str:
    """`Hồ sơ đã nhận` -> `Ho so da nhan`; what has no likeness becomes `?`, white space one space."""
    bare = unicodedata.normalize("NFKD", text.translate(_ALIKE)).translate(_ALIKE)
    kept = (letter for letter in bare if not unicodedata.combining(letter))
    plain = "".join(letter if letter in _SENDABLE or letter.isspace() else "?" for letter in kept)
    return " ".join(plain.split())


def length(text: str) -> int:
    """In characters of the alphabet. Raises `ValueError` where the text needs another one."""
    if not _BASIC.union(_EXTENDED).issuperset(text):
        raise ValueError("not in the GSM alphabet")
    return len(text) + sum(letter in _EXTENDED for letter in text)


def parts(text: str) -> int:
    """As how many messages this is sent and billed. Raises `ValueError` as `length` does."""
    needed = length(text)
    return 1 if needed <= LARGEST_SINGLE else -(-needed // LARGEST_PART)
