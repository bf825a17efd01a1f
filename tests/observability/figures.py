"""The name of every series that the services show."""

from prometheus_client import CollectorRegistry

from motcua_chassis.metrics import Metrics
from motcua_identity.metrics import OpenReviews
from motcua_intake.catalogue import catalogue
from motcua_intake.metrics import Standing
from motcua_notification.metrics import Outcomes
from motcua_payment.metrics import Money

_ENDINGS = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}


def shown() -> set[str]:
    """Also of those that have no sample yet."""
    registry: CollectorRegistry = Metrics((Standing(catalogue().calendar), OpenReviews(), Money(), Outcomes())).registry
    return {metric.name + end for metric in registry.collect() for end in _ENDINGS.get(metric.type, ("",))}
