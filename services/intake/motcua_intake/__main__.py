"""Wires intake together: what it reads, how it decides, what it shows."""

from motcua_chassis.service import Service, run
from motcua_contracts import Stream
from motcua_intake import api, domain, metrics, store
from motcua_intake.catalogue import catalogue
from motcua_intake.settings import Settings
from motcua_intake.vault import Vault


def service(settings: Settings) -> Service[domain.Application]:
    """The intake service under these settings."""
    procedures, _, calendar = catalogue()
    return Service(
        stream=Stream.INTAKE,
        title="Motcua intake",
        reads=tuple(domain.NEWS),
        decider=domain.decider(procedures, calendar, settings.supplement_window),
        project=store.project,
        timers=[domain.OVERDUE],
        routers=api.ROUTERS,
        sentences=api.SENTENCES,
        collectors=[metrics.Standing(calendar)],
        state=Vault(settings.key_encryption_key, settings.other_key),
    )


if __name__ == "__main__":
    settings = Settings()
    run(service(settings), settings)
