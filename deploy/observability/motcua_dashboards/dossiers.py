"""Dossiers and money: where applications stand and for how long, what is owed and what goes back, who was told."""

from motcua_dashboards.panels import Row, dashboard, one

_STAND = "max by (status, age) (motcua_intake_applications{matching})"


def _standing(matching: str = "") -> str:
    return _STAND.format(matching=matching)


def _stuck(status: str, ages: str) -> str:
    return f'sum({_standing(f"""{{status="{status}", age=~"{ages}"}}""")})'


_STUCK = Row(
    "Stuck",
    (
        one("Paid a day ago or more, not processed", _stuck("fee-settled", "1d-3d|3d-7d|7d-30d|over-30d"), stat=True),
        one("Verified 15 minutes ago or more, not billed",
            _stuck("identity-verified", "15m-1h|1h-8h|8h-1d|1d-3d|3d-7d|7d-30d|over-30d"), stat=True),
        one("Refunds that failed", 'max(motcua_payment_refunds{state="failed"})', stat=True),
        one("Results due, by day", "sum by (due) (max by (agency, status, due) (motcua_intake_appointments))",
            "{{due}}"),
        one("Most overdue, by agency",
            'topk(10, sum by (agency) (max by (agency, status) (motcua_intake_appointments{due="overdue"})))',
            "{{agency}}"),
        one("Doubtful identities that wait", "max by (stage) (motcua_identity_reviews)", "{{stage}}"),
        one("For how long the oldest of them", "max by (stage) (motcua_identity_reviews_age_seconds)", "{{stage}}",
            unit="s"),
    ),
)  # fmt: skip
_DOSSIERS = Row(
    "Applications",
    (
        one("Open, by status", f"sum by (status) ({_standing()})", "{{status}}"),
        one("Open, by time in their status", f"sum by (age) ({_standing()})", "{{age}}"),
        one("What happened to them, in an hour",
            'sum by (type) (increase(motcua_events_total{type=~"vn[.]motcua[.]intake[.].*"}[1h]))', "{{type}}"),
    ),
)  # fmt: skip
_MONEY = Row(
    "Money",
    (
        one("Orders that wait for payment", "max(motcua_payment_orders_open)", stat=True),
        one("What they come to, in đồng", "max(motcua_payment_orders_open_vnd)", unit="currencyVND", stat=True),
        one("Refunds not made", "max by (state) (motcua_payment_refunds)", "{{state}}"),
        one("What they come to, in đồng", "max by (state) (motcua_payment_refunds_vnd)", "{{state}}",
            unit="currencyVND"),
        one("Age of the oldest of them", "max by (state) (motcua_payment_refunds_age_seconds)", "{{state}}", unit="s"),
        one("Money that moved in an hour, in đồng", "sum by (state) (increase(motcua_payment_moves_vnd_total[1h]))",
            "{{state}}", unit="currencyVND"),
        one("How often, in an hour", "sum by (state) (increase(motcua_payment_moves_total[1h]))", "{{state}}"),
    ),
)  # fmt: skip
_NOTICES = Row(
    "Messages",
    (
        one("Messages in an hour", "sum by (medium, outcome) (increase(motcua_notification_messages_total[1h]))",
            "{{medium}} {{outcome}}"),
        one("Failed in an hour, by reason",
            'sum by (medium, reason) (increase(motcua_notification_messages_total{outcome="failed"}[1h]))',
            "{{medium}} {{reason}}"),
        one("Messages that wait to be sent", 'max by (kind) (motcua_work_open{service="notification"})', "{{kind}}"),
    ),
)  # fmt: skip

DOSSIERS = dashboard("motcua-dossiers", "Motcua: dossiers and money", (_STUCK, _DOSSIERS, _MONEY, _NOTICES))
