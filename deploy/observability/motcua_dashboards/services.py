"""The services and the one path each of them is: consume, decide, remember, publish; and the outside calls."""

from motcua_dashboards.panels import Panel, Row, dashboard, one

_P95 = "histogram_quantile(0.95, sum by ({by}, le) (rate({name}_bucket[$__rate_interval])))"


_MEAN = (
    "sum by (service) (rate({name}_sum[$__rate_interval])) / sum by (service) (rate({name}_count[$__rate_interval]))"
)


def _p95(name: str, by: str) -> str:
    return _P95.format(name=name, by=by)


def _mean(name: str) -> str:
    return _MEAN.format(name=name)


_SERVICES = Row(
    "Services",
    (
        one(
            "Instances that answer", 'sum by (service) (up{service=~"intake|identity|payment|notification"})',
            "{{service}}", stat=True,
        ),
        one(
            "Stopped by themselves", "max by (service) (motcua_consumer_halted)", "{{service}}", stat=True,
            says="1: too many records would have been parked; a person must look (MotcuaConsumerHalted).",
        ),
        one("Instances that publish", "sum by (service) (motcua_relay_active)", "{{service}}", stat=True,
            says="One for each service; never more, and without it nothing gets out."),
        one("Processor time", "sum by (service) (rate(process_cpu_seconds_total[$__rate_interval]))", "{{service}}",
            unit="s"),
        one("Memory", "max by (service) (process_resident_memory_bytes)", "{{service}}", unit="bytes"),
        one("Age of the slow figures",
            "time() - max by (service, collector) (motcua_figures_refreshed_timestamp_seconds)",
            "{{service}} {{collector}}", unit="s"),
    ),
)  # fmt: skip
_IN = Row(
    "In",
    (
        one("Records taken in, per second", "sum by (service) (rate(motcua_batch_size_sum[$__rate_interval]))",
            "{{service}}"),
        one("Records that wait (lag)", "sum by (service, topic) (motcua_consumer_lag)", "{{service}} {{topic}}"),
        one("Records in a batch", _mean("motcua_batch_size"), "{{service}}"),
        Panel("Time of a batch", (
            (_p95("motcua_batch_seconds", "service"), "{{service}} 95%"),
            (_mean("motcua_batch_seconds"), "{{service}} mean"),
        ), unit="s"),
        one("Batches tried again, in an hour", "sum by (service, reason) (increase(motcua_batch_retries_total[1h]))",
            "{{service}} {{reason}}"),
        one("Commands, per second", "sum by (service, outcome) (rate(motcua_commands_total[$__rate_interval]))",
            "{{service}} {{outcome}}"),
    ),
)  # fmt: skip
_DECIDED = Row(
    "Decided and set apart",
    (
        one("Events decided, per second", "sum by (type) (rate(motcua_events_total[$__rate_interval]))", "{{type}}"),
        one("Dead letters that are open", "max by (service, state) (motcua_dead_letters_open)",
            "{{service}} {{state}}"),
        one("Records parked, in an hour, by reason",
            "sum by (service, reason) (increase(motcua_dead_letters_parked_total[1h]))", "{{service}} {{reason}}"),
    ),
)  # fmt: skip
_OUT = Row(
    "Out",
    (
        one("Records published, per second", "sum by (service) (rate(motcua_outbox_published_total[$__rate_interval]))",
            "{{service}}"),
        one("Rows in the outbox", "max by (service) (motcua_outbox_pending)", "{{service}}"),
        Panel("Age of the oldest row, and rows set aside", (
            ("max by (service) (motcua_outbox_age_seconds)", "{{service}} seconds"),
            ("max by (service) (motcua_outbox_set_aside)", "{{service}} set aside"),
        )),
    ),
)  # fmt: skip
_OUTSIDE = Row(
    "Outside",
    (
        one("Calls held back (breaker open)", "max by (service, kind) (motcua_breaker_open)", "{{service}} {{kind}}"),
        one("Calls, per second", "sum by (kind, outcome) (rate(motcua_work_calls_total[$__rate_interval]))",
            "{{kind}} {{outcome}}"),
        one("Time of a call, 95%", _p95("motcua_work_call_seconds", "kind"), "{{kind}}", unit="s"),
        one("Work that is due", "max by (service, kind) (motcua_work_due)", "{{service}} {{kind}}"),
        one("For how long it has been", "max by (service, kind) (motcua_work_due_age_seconds)", "{{service}} {{kind}}",
            unit="s"),
        Panel("All planned work", (
            ("max by (service, kind) (motcua_work_open)", "{{service}} {{kind}}"),
            ("max by (service, kind) (motcua_work_paused)", "{{service}} {{kind}} paused"),
        )),
    ),
)  # fmt: skip

SERVICES = dashboard("motcua-services", "Motcua: services and the one path", (_SERVICES, _IN, _DECIDED, _OUT, _OUTSIDE))
