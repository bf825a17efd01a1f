"""HMAC-SHA512 as VNPay and we sign: with one secret, and while it is changed a second one counts as well."""

import hashlib
import hmac


class Key:
    """The terminal's secret. Nothing is ever signed with `also`."""

    def __init__(self, secret: str, also: str | None = None) -> None:
        self._secrets = [each.encode() for each in (secret, also) if each]

    def sign(self, text: str) -> str:
        """Our signature."""
        return _sign(self._secrets[0], text)

    def signed(self, text: str, given: str) -> bool:
        """Whether VNPay gave this signature, in letters of any case."""
        signature = given.lower().encode("utf-8", "surrogatepass")
        return any(hmac.compare_digest(_sign(each, text).encode(), signature) for each in self._secrets)


def _sign(secret: bytes, text: str) -> str:
    return hmac.new(secret, text.encode("utf-8", "surrogatepass"), hashlib.sha512).hexdigest()
