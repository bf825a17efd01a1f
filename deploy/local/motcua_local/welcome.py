"""What `motcua up` prints: addresses, tokens, and a first application to try."""

import json
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from motcua_local.stack import Stack
from motcua_local.wiring import MAIL, SERVICES, SIMULATORS

AGENCY = "G01.29.12"
_PERSON = {"personal_number": "079084000999", "full_name": "NGUYỄN VĂN AN", "date_of_birth": "1984-05-02"}
_APPLICATION: dict[str, Any] = {
    "procedure": "1.004222",
    "agency": AGENCY,
    "channel": "online",
    "language": "vi",
    "applicant": {**_PERSON, "email": "an@example.vn", "phone": "+84901234567"},
    "form": {"new-address": "12 đường Mẫu, phường Sài Gòn"},
}


async def register_example(stack: Stack) -> None:
    """Make the example's citizen known to the population registry."""
    async with httpx.AsyncClient() as client:
        known = await client.put(f"{stack.url('registry')}/control/people", json=[{**_PERSON, "gender": "male"}])
        known.raise_for_status()


def welcome(stack: Stack, console: Console) -> None:
    """Print it so that every line can be copied as it stands."""
    console.print(_addresses(stack))
    for line in _first_steps(stack):
        console.print(line, soft_wrap=True, markup=False, highlight=False)
    kept = stack.options.data
    then = f"What it holds stays in {kept}" if kept else "The embedded database and broker are discarded then"
    console.print(f"\nCtrl-C ends it. {then}.", style="bold", soft_wrap=True)


def _addresses(stack: Stack) -> Table:
    table = Table("part", "where", title="Motcua is up", title_justify="left")
    for name in stack.options.services:
        table.add_row(name, f"{stack.url(name)}   /docs, /health/ready, /metrics")
    for name in SIMULATORS:
        table.add_row(f"{name} (simulated)", f"{stack.url(name)}   /docs")
    table.add_row("mail (simulated)", f"smtp://127.0.0.1:{stack.places.ports[MAIL]}")
    table.add_row("Kafka", stack.broker.address)
    table.add_row("PostgreSQL", stack.dsn("{" + ",".join(SERVICES) + "}"))
    table.add_row("logs", str(stack.directory / "logs"))
    return table


def _first_steps(stack: Stack) -> list[str]:
    intake, body = stack.url("intake"), json.dumps(_APPLICATION, ensure_ascii=False)
    return [
        "\n# a citizen and an officer (tokens of this run)",
        f"CITIZEN='Authorization: Bearer {stack.token('citizen')}'",
        f"OFFICER='Authorization: Bearer {stack.token('officer', agency=AGENCY)}'",
        "\n# submit, then follow it by its dossier code",
        f"curl -sH \"$CITIZEN\" -H 'Idempotency-Key: first' --json '{body}' {intake}/applications",
        f'curl -sH "$CITIZEN" {intake}/applications/DOSSIER_CODE',
        "\n# the address to pay at, and what waits for the officer once that is done",
        f'curl -sH "$CITIZEN" {stack.url("payment")}/payments/APPLICATION_ID',
        f'curl -sH "$OFFICER" "{intake}/officer/queue?status=fee-settled&limit=50"',
    ]
