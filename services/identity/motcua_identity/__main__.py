"""Wires identity together: what it reads, how it decides, whom it asks, what it shows."""

from motcua_chassis.claim_check import Applicants
from motcua_chassis.principals import ServiceToken
from motcua_chassis.service import Service, run
from motcua_contracts import ApplicationSubmitted, ApplicationWithdrawn, Stream
from motcua_identity import api, domain, metrics, store
from motcua_identity.registry import CLAIM_CHECK_SECONDS, Registry
from motcua_identity.review_rules import load_rules
from motcua_identity.settings import Settings
from motcua_identity.soap import Account


def service(settings: Settings) -> Service[domain.Identity]:
    """The identity service under these settings. Raises `ReferenceDataError` where the reference data is wrong."""
    rules = load_rules()
    return Service(
        stream=Stream.IDENTITY,
        title="Motcua identity",
        reads=[ApplicationSubmitted, ApplicationWithdrawn],
        decider=domain.decider(rules, settings.registry_patience),
        adapters=[registry(settings)],
        timers=[domain.OUTAGE],
        project=store.project,
        routers=[api.router],
        sentences=api.SENTENCES,
        collectors=[metrics.OpenReviews()],
        state=rules,
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
    return Registry(
        settings.registry_url,
        account,
        applicants,
        rate=settings.registry_rate,
        at_once=settings.work_concurrency,
    )


if __name__ == "__main__":
    settings = Settings()
    run(service(settings), settings)
