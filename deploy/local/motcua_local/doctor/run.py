"""Examines every patient and prints one table; the exit code is 0 only if nothing has to be mended."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from motcua_contracts.tools.topics import TopicSpec
from motcua_local.doctor.database import examine_database
from motcua_local.doctor.endpoints import examine_outside, examine_readiness
from motcua_local.doctor.finding import Finding, State
from motcua_local.doctor.kafka import examine_kafka
from motcua_local.doctor.patient import Patient
from motcua_local.doctor.secrets import examine_secrets

_STYLES = {State.GOOD: "green", State.BAD: "bold red", State.NOTE: "yellow"}
_PATIENCE = 10.0


async def examine(patient: Patient, topics: list[TopicSpec], patience: float = _PATIENCE) -> list[Finding]:
    """Everything about one service; nothing is written anywhere."""
    return [
        *examine_secrets(patient.service, patient.secrets),
        *await examine_database(patient.service, patient.database),
        *await examine_kafka(patient.service, patient.kafka, topics, patience),
        *await examine_outside(patient.service, patient.outside),
        *await examine_readiness(patient.service, patient.ready),
    ]


async def doctor(patients: Iterable[Patient], topics: list[TopicSpec], console: Console) -> int:
    """Examine, report, and answer the exit code."""
    bad = 0
    for patient in patients:
        findings = await examine(patient, topics)
        console.print(_table(patient.service, findings))
        bad += sum(finding.state is State.BAD for finding in findings)
    console.print(f"{bad} to mend" if bad else "nothing to mend", style="bold red" if bad else "bold green")
    return 1 if bad else 0


def _table(service: str, findings: list[Finding]) -> Table:
    table = Table("", "subject", "finding", "what to mend", title=service, title_justify="left")
    for finding in findings:
        table.add_row(finding.state, finding.subject, finding.what, finding.mend, style=_STYLES[finding.state])
    return table
