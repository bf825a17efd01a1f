"""VNPay's signed queries: HMAC-SHA512 over the sorted, URL-encoded parameters without the hash itself."""

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote_plus

_UNSIGNED = {"vnp_SecureHash", "vnp_SecureHashType"}


def signed_query(secret: str, parameters: Mapping[str, str]) -> str:
    """The parameters in signing order, their hash last."""
    query = _canonical(parameters)
    return f"{query}&vnp_SecureHash={_hash(secret, query)}"


def signed_parameters(secret: str, query: str) -> dict[str, str] | None:
    """The parameters of a query whose signature holds, else None; a repeated parameter never holds."""
    pairs = [(name, value) for name, value in parse_qsl(query) if name.startswith("vnp_")]
    parameters = dict(pairs)
    given = parameters.get("vnp_SecureHash", "").lower().encode()
    if len(pairs) != len(parameters) or not hmac.compare_digest(given, _hash(secret, _canonical(parameters)).encode()):
        return None
    return {name: value for name, value in parameters.items() if name not in _UNSIGNED}


def _canonical(parameters: Mapping[str, str]) -> str:
    pairs = sorted((name, value) for name, value in parameters.items() if name not in _UNSIGNED and value)
    return "&".join(f"{name}={quote_plus(value)}" for name, value in pairs)


def _hash(secret: str, query: str) -> str:
    return hmac.new(secret.encode(), query.encode(), hashlib.sha512).hexdigest()
