"""The channels that carry a message to a person, wired as the settings say: e-mail, SMS, Zalo."""

from email.utils import parseaddr

from motcua_chassis.claim_check import Applicants
from motcua_chassis.principals import ServiceToken
from motcua_chassis.worker import Adapter
from motcua_notification.aggregator import Aggregator
from motcua_notification.attempts import Pool
from motcua_notification.email import Email
from motcua_notification.letters import Letters
from motcua_notification.mail_server import MailServer
from motcua_notification.recipients import CLAIM_CHECK_SECONDS, Recipients
from motcua_notification.settings import Settings
from motcua_notification.sms import Sms
from motcua_notification.texts import Texts
from motcua_notification.web_provider import WebProvider
from motcua_notification.wordings import Wordings
from motcua_notification.zns import PATH, Zns


def adapters(settings: Settings, pool: Pool) -> list[Adapter]:
    """One for each medium that has a provider here; they connect when there is something to send."""
    token = ServiceToken(settings.token_secret.get_secret_value(), "notification")
    applicants = Applicants(settings.intake_url, "notification", token, CLAIM_CHECK_SECONDS)
    recipients, wordings = Recipients(applicants, pool), Wordings(settings.portal_url)
    name = parseaddr(settings.mail_from)[1].rpartition("@")[2]
    server = MailServer(settings.smtp_host, settings.smtp_port, name)
    offered: list[Adapter] = [Email(recipients, Letters(wordings), pool, server, settings.mail_from)]
    if settings.sms_providers:
        providers = [Aggregator(provider) for provider in settings.sms_providers]
        offered.append(Sms(recipients, Texts(wordings), pool, providers))
    if settings.zns_url is not None and settings.zns_token is not None:
        headers = {"access_token": settings.zns_token.get_secret_value()}
        zalo = WebProvider(settings.zns_url.rstrip("/") + PATH, headers)
        offered.append(Zns(recipients, Texts(wordings), pool, zalo))
    return offered
