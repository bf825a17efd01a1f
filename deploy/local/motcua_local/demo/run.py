"""Runs the demo: starts the stack, lets the people play, waits until nothing moves, checks, and sums up."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from rich.console import Console

from motcua_local.apache.rights import OBSERVER
from motcua_local.demo.checker import Rest, at_rest, check, status_of, untold
from motcua_local.demo.display import Stages, Summary, show
from motcua_local.demo.history import History, Told
from motcua_local.demo.ledgers import read_ledgers
from motcua_local.demo.people.everybody import Everybody
from motcua_local.demo.plan import Planned, plan
from motcua_local.processes import Death, ProgramFailedError
from motcua_local.stack import Stack, StackOptions
from motcua_local.system import System
from motcua_local.wiring import SERVICES

if TYPE_CHECKING:
    from motcua_local.demo.scribe import Scribe

_PATIENCE = 90.0
_QUIET = 1.0


async def demo(
    applications: int, broker: str, brokers: int, seed: int, console: Console, record: Path | None = None
) -> int:
    """Returns the exit code: 0 only if every application reached its planned end and the invariants hold."""
    planned, waits = plan(applications, seed), short_waits(applications)
    try:
        scribe = _scribe(record, waits)
        options = StackOptions(broker, brokers, service_environment=waits)
        console.print(
            f"starting PostgreSQL, a broker ({broker}), the outside systems and four services ...", style="dim"
        )
        async with Stack(options, on_death=lambda death: _report(death, console)) as stack:
            summary = await _played(Run(stack, planned, console), scribe)
    except ProgramFailedError as failed:
        console.print(str(failed), style="red", markup=False, highlight=False)
        return 1
    return _shown(summary, scribe, console)


async def demo_on(system: System, applications: int, seed: int, console: Console, record: Path | None = None) -> int:
    """The same on a system that stands already, and stays; its waits are its own."""
    try:
        scribe = _scribe(record, {})
        await system.wait_ready()
        summary = await _played(Run(system, plan(applications, seed), console), scribe)
    except ProgramFailedError as failed:
        console.print(str(failed), style="red", markup=False, highlight=False)
        return 1
    return _shown(summary, scribe, console)


def _scribe(record: Path | None, waits: Mapping[str, Mapping[str, str]]) -> "Scribe | None":
    if record is None:
        return None
    try:
        from motcua_local.demo.scribe import Scribe  # noqa: PLC0415  # else who only plays would need its packages
    except ImportError as missing:
        raise ProgramFailedError(f"--record needs the extra motcua-local[record]: {missing}") from None
    return Scribe(record, waits)


def _shown(summary: Summary, scribe: "Scribe | None", console: Console) -> int:
    show(summary, console)
    if scribe is not None:
        scribe.show(console)
    return 0 if summary.ok else 1


async def _played(run: "Run", scribe: "Scribe | None") -> Summary:
    """Recorded whatever it came to: a run that failed is the one that somebody wants to look at again."""
    summary = await run.play()
    if scribe is not None:
        await scribe.keep(run.stack)
    return summary


class Run:
    """One run over a system that stands."""

    def __init__(self, stack: System, planned: list[Planned], console: Console, patience: float = _PATIENCE) -> None:
        """`patience`: seconds without any new event after which the run has failed."""
        self.stack = stack
        self.planned = planned
        self._patience = patience
        self.stages = Stages(console, len(planned))
        self.history = History(stack.broker.access(OBSERVER), self._heard)
        limits = httpx.Limits(max_connections=100)
        self._client = httpx.AsyncClient(timeout=30, limits=limits, trust_env=False)
        self.everybody = Everybody(stack, self._client)

    async def play(self) -> Summary:
        """Let everything happen; raises `ProgramFailedError` when the run cannot go on."""
        async with AsyncExitStack() as held:
            client, everybody = await held.enter_async_context(self._client), self.everybody
            await everybody.applicants.register(self.planned)
            held.enter_context(self.stages.progress)
            tasks = [asyncio.create_task(part) for part in (self.history.follow(), *everybody.parts())]
            held.push_async_callback(_cancel, tasks)
            started = time.monotonic()
            await self._all_of(everybody.submit_all(self.planned), tasks)
            await self._all_of(self._settled(), tasks)
            seconds = self.history.quiet_since - started
            return await self._sum_up(client, seconds)

    async def _all_of(self, work: Any, background: list[asyncio.Task[Any]]) -> None:
        """Wait for `work`; whatever ends in the background before it has failed."""
        task = asyncio.create_task(work)
        lost = asyncio.create_task(self.stack.lost.wait())
        try:
            done, _ = await asyncio.wait([task, lost, *background], return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _cancel([task, lost])
        if task in done:
            task.result()
            return
        for ended in done - {lost}:
            ended.result()
        raise ProgramFailedError("the embedded broker died, and what it held with it: start again")

    async def _settled(self) -> None:
        """Wait until every application has its end, every message its fate, and nothing moves."""
        loop = asyncio.get_running_loop()
        while True:
            quiet = loop.time() - self.history.quiet_since
            if quiet > self._patience:
                return
            if quiet > _QUIET and self._complete() and not any(map(_busy, await self._rests())):
                return
            await asyncio.sleep(0.2)

    def _complete(self) -> bool:
        stories = self.history.by_application
        return all(
            status_of(story := stories.get(application, [])) is planned.script.end and not untold(story)
            for application, planned in self.everybody.submitted.items()
        )

    async def _rests(self) -> list[Rest]:
        return [await at_rest(name, self.stack.dsn(name)) for name in SERVICES]

    def _heard(self, told: Told) -> None:
        self.stages.count(told.event)
        self.everybody.hear(told)

    async def _sum_up(self, client: httpx.AsyncClient, seconds: float) -> Summary:
        await self.stack.wait_ready(*SERVICES)  # one that was killed late may still be starting: its counters are asked
        submitted = self.everybody.submitted
        stories = {a: story for a, story in self.history.by_application.items() if a in submitted}
        rests = await self._rests()
        ledgers = await read_ledgers(client, self.stack)
        reached = Counter(
            planned.journey
            for application, planned in submitted.items()
            if status_of(stories.get(application, [])) is planned.script.end
        )
        mix = Counter(planned.journey for planned in self.planned)
        return Summary(
            outcomes={journey.value: (count, reached[journey]) for journey, count in mix.items()},
            events=Counter(told.envelope.type for story in stories.values() for told in story),
            repeats=self.history.repeats + await repeats_dropped(client, self.stack),
            parked=sum(rest.parked for rest in rests),
            restarts=self.stack.restarts(),
            latencies=[_latency(story) for story in stories.values()],
            seconds=seconds,
            violations=check(submitted, stories, ledgers, rests),
        )


def short_waits(applications: int) -> dict[str, dict[str, str]]:
    """Settings of the services under which what takes days takes seconds, and more of them the more apply at once."""
    seconds = 30 + applications // 25
    return {
        "intake": {"MOTCUA_SUPPLEMENT_WINDOW": str(seconds)},
        "identity": {"MOTCUA_REGISTRY_PATIENCE": "25"},
        "payment": {"MOTCUA_PAYMENT_WINDOW": str(seconds), "MOTCUA_NOTICE_GRACE": "2"},
    }


async def repeats_dropped(client: httpx.AsyncClient, stack: System) -> int:
    """What the services' inboxes dropped since they last started."""
    total = 0.0
    for name in SERVICES:
        text = (await client.get(f"{stack.url(name)}/metrics")).text
        found = [line for line in text.splitlines() if line.startswith("motcua_repeats_dropped_total ")]
        total += sum(float(line.split()[1]) for line in found)
    return int(total)


def _busy(rest: Rest) -> bool:
    return bool(rest.outbox or rest.work)


def _latency(story: list[Told]) -> float:
    times = [told.envelope.time for told in story]
    return (max(times) - min(times)).total_seconds()


async def _cancel(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _report(death: Death, console: Console) -> None:
    then = "starting it again" if death.restarting else "it cannot come back"
    console.print(f"{death.name} ended with {death.returncode}: {then}", style="yellow")
