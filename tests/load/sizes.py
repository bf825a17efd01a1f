"""`python -m tests.load.sizes`: bytes an application in each service's database, after the demo's mix of journeys."""

import argparse
import asyncio

import asyncpg
from rich.console import Console
from rich.table import Table

from motcua_local.demo.plan import plan
from motcua_local.demo.run import Run, short_waits
from motcua_local.stack import Stack, StackOptions
from motcua_local.wiring import SERVICES

_SIZES = """
SELECT relname, pg_total_relation_size(oid) AS bytes FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 2 DESC
"""


async def main(applications: int, console: Console) -> None:
    """Play, count and print; raises `SystemExit` if an application did not reach its planned end."""
    options = StackOptions("embedded", service_environment=short_waits(applications))
    async with Stack(options) as stack:
        with console.status(f"{applications} applications on their journeys"):
            summary = await Run(stack, plan(applications, 5), Console(quiet=True)).play()
        if not summary.ok:
            raise SystemExit("the run is not as planned: what it left is no measure")
        table = Table("service", "KB an application", "most of it in")
        for name in SERVICES:
            rows = await _rows(stack.dsn(name))
            most = ", ".join(f"{row['relname']} {row['bytes'] / applications / 1e3:.1f}" for row in rows[:4])
            table.add_row(name, f"{sum(row['bytes'] for row in rows) / applications / 1e3:.1f}", most)
        console.print(table, f"{sum(summary.events.values()) / applications:.1f} events an application")


async def _rows(dsn: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("VACUUM FULL")
        return await connection.fetch(_SIZES)
    finally:
        await connection.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measure what an application leaves in the databases.")
    parser.add_argument("--applications", type=int, default=300)
    asyncio.run(main(parser.parse_args().applications, Console()))
