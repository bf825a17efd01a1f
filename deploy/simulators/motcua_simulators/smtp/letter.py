"""Reads a message into plain words; the old e-mail policy, because the new one takes a millisecond for each message."""

from __future__ import annotations

from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from typing import Any


def read_letter(content: bytes) -> dict[str, Any]:
    """Its message id, subject, headers and text (plain rather than HTML)."""
    message = message_from_bytes(content)
    headers = {name: _words(str(value)) for name, value in message.items()}
    return {
        "message_id": str(message.get("Message-ID", "")).strip(),
        "subject": _words(str(message.get("Subject", ""))),
        "headers": headers,
        "text": _text(message),
    }


def _words(value: str) -> str:
    return str(make_header(decode_header(value))) if "=?" in value else value


def _text(message: Message[Any, Any]) -> str:
    parts = {part.get_content_type(): part for part in reversed(list(message.walk()))}
    part = parts.get("text/plain") or parts.get("text/html")
    payload = part.get_payload(decode=True) if part is not None else None
    if part is None or not isinstance(payload, bytes):
        return ""
    return payload.decode(part.get_content_charset("utf-8"), "replace").replace("\r\n", "\n")
