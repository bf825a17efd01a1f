"""How the registry can misbehave, as a whole or over one person."""

from collections.abc import Mapping

MODES: Mapping[str, str] = {
    "slow": "The answer comes after delay_seconds.",
    "fail": "A SOAP fault of the server, HTTP 500.",
    "error": "The exchange itself fails: HTTP 503, no SOAP.",
    "cut": "The connection is closed in the middle of the answer.",
    "contradict": "The record of another person, under another number.",
    "two-candidates": "Two people under the number that was asked: the right one and one of another name and birth.",
    "disagree": "Two records of the person, with different days of birth.",
    "repeat": "The record twice in one collection.",
}
