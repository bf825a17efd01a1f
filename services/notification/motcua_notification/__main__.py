"""Wires notification together: what it reads, whom it tells and how, what it shows."""

from email.utils import parseaddr

from motcua_chassis.claim_check import Applicants
from motcua_chassis.principals import ServiceToken
from motcua_chassis.service import Service, run
from motcua_contracts import Stream
from motcua_notification import api, domain, store
from motcua_notification.channels import CLAIM_CHECK_SECONDS, Email
from motcua_notification.letters import Letters
from motcua_notification.mail_server import MailServer
from motcua_notification.rules import RULES
from motcua_notification.settings import Settings


def service(settings: Settings) -> Service[domain.Notices]:
    """The notification service under these settings."""
    return Service(
        stream=Stream.NOTIFICATION,
        title="Motcua notification",
        reads=[rule.event for rule in RULES],
        decider=domain.DECIDER,
        project=store.project,
        adapters=[email(settings)],
        routers=[api.router],
        sentences=api.SENTENCES,
    )


def email(settings: Settings) -> Email:
    """The e-mail channel; it connects when there is something to send."""
    token = ServiceToken(settings.token_secret.get_secret_value(), "notification")
    name = parseaddr(settings.mail_from)[1].rpartition("@")[2]
    return Email(
        Applicants(settings.intake_url, "notification", token, CLAIM_CHECK_SECONDS),
        Letters(settings.portal_url),
        MailServer(settings.smtp_host, settings.smtp_port, name),
        settings.mail_from,
    )


if __name__ == "__main__":
    settings = Settings()
    run(service(settings), settings)
