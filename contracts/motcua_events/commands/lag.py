"""`lag`: how far behind each consumer group is, partition by partition."""

import json
from collections.abc import Awaitable
from typing import Annotated, NamedTuple

import typer
from aiokafka import TopicPartition
from rich.console import Console
from rich.table import Table

from motcua_events.cluster import Cluster
from motcua_events.options import EVENT_TOPICS, AsJson, Topics, cluster_of
from motcua_events.running import run


class Behind(NamedTuple):
    """One partition as one group has read it; `committed` is None where it never has."""

    group: str
    topic: str
    partition: int
    committed: int | None
    end: int
    lag: int


def lag(
    context: typer.Context,
    group: Annotated[list[str] | None, typer.Option(help="repeat for several; otherwise all")] = None,
    topic: Topics = None,
    *,
    as_json: AsJson = False,
    all_partitions: Annotated[bool, typer.Option("--all", help="also what a group never read")] = False,
) -> None:
    """Committed offset, end and lag of every group on every partition it reads.

    The offsets are Kafka's: our services keep their truth in their databases and commit only to be seen here.
    """
    found = _lag(cluster_of(context), tuple(group or ()), tuple(topic or ()), everything=all_partitions)
    run(_show(found, as_json=as_json))


async def _show(found: Awaitable[list[Behind]], *, as_json: bool) -> int:
    rows = await found
    if as_json:
        for row in rows:
            typer.echo(json.dumps(row._asdict()))
    elif rows:
        Console(soft_wrap=True).print(_table(rows))
    else:
        typer.echo("no group has committed anything on these topics", err=True)
    return 0


async def _lag(cluster: Cluster, groups: tuple[str, ...], topics: tuple[str, ...], *, everything: bool) -> list[Behind]:
    layout = await cluster.layout(topics)
    wanted = topics or tuple(name for name in EVENT_TOPICS if name in layout.partitions)
    partitions = [TopicPartition(name, number) for name in wanted for number in range(layout.partitions[name])]
    if not partitions:
        return []
    async with cluster.consumer() as consumer:
        ends = await consumer.end_offsets(partitions)
        begins = await consumer.beginning_offsets(partitions)
    rows: list[Behind] = []
    async with cluster.admin() as admin:
        for name in groups or sorted({each[0] for each in await admin.list_consumer_groups()}):
            offsets = await admin.list_consumer_group_offsets(name, partitions=partitions)
            for each in partitions:
                found = offsets.get(each)
                committed = found.offset if found is not None and found.offset >= 0 else None
                if committed is not None or everything:
                    # Some brokers say their ends a batch too low.
                    end = max(ends[each], committed or 0)
                    behind = end - (begins[each] if committed is None else committed)
                    rows.append(Behind(name, each.topic, each.partition, committed, end, behind))
    return rows


def _table(rows: list[Behind]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("group", "topic"):
        table.add_column(column)
    for column in ("partition", "committed", "end", "lag"):
        table.add_column(column, justify="right")
    for row in rows:
        committed = "-" if row.committed is None else f"{row.committed:,}"
        behind = f"[red]{row.lag:,}[/]" if row.lag else "0"
        table.add_row(row.group, row.topic, str(row.partition), committed, f"{row.end:,}", behind)
    totals: dict[str, int] = {}
    for row in rows:
        totals[row.group] = totals.get(row.group, 0) + row.lag
    table.add_section()
    for name, total in totals.items():
        table.add_row(f"[bold]{name}[/]", "all", "", "", "", f"[bold]{total:,}[/]")
    return table
