"""Wires identity together: what it reads, how it decides, whom it asks, what it shows."""

from motcua_chassis.claim_check import Applicants
from motcua_chassis.principals import ServiceToken
from motcua_chassis.service import Service, run
from motcua_contracts import ApplicationSubmitted, Stream
from motcua_identity import api, domain, store
from motcua_identity.registry import CLAIM_CHECK_SECONDS, Registry
from motcua_identity.settings import Settings
from motcua_identity.soap import Account


def service(settings: Settings) -> Service[domain.Identity]:
    """The identity service under these settings."""
    return Service(
        stream=Stream.IDENTITY,
        title="Motcua identity",
        reads=[ApplicationSubmitted],
        decider=domain.DECIDER,
        adapters=[registry(settings)],
        project=store.project,
        routers=[api.router],
        sentences=api.SENTENCES,
    )


def registry(settings: Settings) -> Registry:
    """The population registry; nothing is contacted before the first check."""
    token = ServiceToken(settings.token_secret.get_secret_value(), "identity")
    applicants = Applicants(settings.intake_url, "identity-check", token, CLAIM_CHECK_SECONDS)
    account = Account(
        name=settings.registry_account,
        officer=settings.registry_officer,
        unit=settings.registry_unit,
        integration=settings.registry_integration,
    )
    return Registry(settings.registry_url, account, applicants)


if __name__ == "__main__":
    settings = Settings()
    run(service(settings), settings)
