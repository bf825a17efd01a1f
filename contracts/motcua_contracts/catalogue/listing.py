"""Code as HTML: escaped, and JSON with its names and values told apart. Invariant: the text stays what it was."""

import json
import re
from typing import Any

from markupsafe import Markup, escape

_TOKEN = re.compile(
    r'(?P<name>"(?:[^"\\]|\\.)*")(?=:)|(?P<text>"(?:[^"\\]|\\.)*")|(?P<plain>\b(?:true|false|null)\b|-?\d[\d.]*)'
)
_QUOTED = re.compile(r"`([^`]+)`")


def json_listing(content: Any) -> Markup:
    """Pretty-printed JSON, each name and value in a `span` of its class."""
    text = json.dumps(content, indent=2, ensure_ascii=False)
    pieces, at = [Markup()], 0
    for token in _TOKEN.finditer(text):
        pieces += [
            escape(text[at : token.start()]),
            Markup('<span class="{}">{}</span>').format(token.lastgroup, token[0]),
        ]
        at = token.end()
    return Markup().join([*pieces, escape(text[at:])])


def prose(text: str) -> Markup:
    """A sentence; what stands between backticks is code."""
    pieces = _QUOTED.split(text)
    return Markup().join(Markup("<code>{}</code>").format(p) if i % 2 else escape(p) for i, p in enumerate(pieces))
