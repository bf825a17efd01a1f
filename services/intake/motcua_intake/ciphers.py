"""AES-256-GCM as the vault uses it: a random nonce before the text, and an id that the text is bound to."""

import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12


def encrypt(key: AESGCM, plain: bytes, bound_to: bytes) -> bytes:
    """Nonce and text."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + key.encrypt(nonce, plain, bound_to)


def decrypt(key: AESGCM, data: bytes, bound_to: bytes) -> bytes:
    """Raises `cryptography.exceptions.InvalidTag` under another key, bound to another id, or if altered."""
    return key.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], bound_to)
