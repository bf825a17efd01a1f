"""Wires notification together: what it reads, whom it tells and how, what it shows."""

from motcua_chassis.service import Service, run
from motcua_contracts import Stream
from motcua_notification import api, channels, domain, metrics, preferences_api, store, unoffered
from motcua_notification.attempts import LazyPool
from motcua_notification.letters import TEMPLATES
from motcua_notification.rules import RULES
from motcua_notification.settings import Settings


def service(settings: Settings) -> Service[domain.Notices]:
    """The notification service under these settings. Raises `ReferenceDataError` where a rule names no template."""
    RULES.require_templates({folder.name for folder in TEMPLATES.iterdir()})
    pool = LazyPool(settings)
    return Service(
        stream=Stream.NOTIFICATION,
        title="Motcua notification",
        reads=RULES.events,
        decider=domain.DECIDER,
        project=store.project,
        adapters=unoffered.complete(channels.adapters(settings, pool), pool),
        routers=[api.router, preferences_api.router],
        sentences=api.SENTENCES,
        collectors=[metrics.Outcomes()],
    )


if __name__ == "__main__":
    settings = Settings()
    run(service(settings), settings)
