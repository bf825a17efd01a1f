"""Compares names as Vietnamese readers do: letters and tones count; encoding, case, spacing and tone placement do not.

Pure. Two schools place the tone of a vowel group differently (hòa and hoà, thúy and thuý) and mean the same name.
Quality marks (â ă ê ô ơ ư) and the tone itself are part of the name: `An` is not `Ân`, `Hoa` is not `Hòa`.
"""

import re
import unicodedata

_TONES = "\u0300\u0301\u0303\u0309\u0323"
"""Grave, acute, tilde, hook above, dot below: huyền, sắc, ngã, hỏi, nặng."""
_QUALITIES = "\u0302\u0306\u031b"
"""Circumflex, breve, horn."""
_VOWEL_GROUP = re.compile(f"(?:[aeiouy][{_TONES}{_QUALITIES}]*)+")
_TONE = re.compile(f"[{_TONES}]")
_D_LOOKALIKES = str.maketrans({"ð": "đ", "ɖ": "đ"})
"""Old encodings wrote Đ (U+0110) as one of the capitals that look the same: U+00D0, U+0189."""


def same_name(one: str, other: str) -> bool:
    """Whether two spellings are one name."""
    return name_key(one) == name_key(other)


def name_key(name: str) -> str:
    """The same text for every spelling of a name."""
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())
    spaced = " ".join(folded.translate(_D_LOOKALIKES).split())
    return unicodedata.normalize("NFC", _VOWEL_GROUP.sub(_tone_last, spaced))


def _tone_last(group: re.Match[str]) -> str:
    letters = group.group()
    return _TONE.sub("", letters) + "".join(_TONE.findall(letters))
