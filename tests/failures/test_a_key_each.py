"""Destroying a key erases one application because no other has the same; being bound to an id is not enough."""

from datetime import date
from uuid import uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from motcua_intake.ciphers import decrypt
from motcua_intake.vault import Applicant, Vault

KEY_ENCRYPTION_KEY = bytes(range(32))
ANYBODY = Applicant("001084000017", "NGUYỄN VĂN MẪU", date(1984, 5, 2))


def test_no_two_applications_share_a_key() -> None:
    vault, wrapping = Vault(KEY_ENCRYPTION_KEY), AESGCM(KEY_ENCRYPTION_KEY)
    applications = [uuid4() for _ in range(100)]
    keys = {decrypt(wrapping, vault.seal(each, ANYBODY).wrapped_key, each.bytes) for each in applications}
    assert len(keys) == len(applications)
