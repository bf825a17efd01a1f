"""Examines addresses: the service's own readiness, and whether what it calls is there at all."""

import asyncio
from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx

from motcua_local.doctor.finding import Finding

_SECONDS = 5.0


async def examine_readiness(service: str, url: str | None) -> list[Finding]:
    """Nothing where it is not known where the service listens."""
    if url is None:
        return []
    try:
        async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as client:
            answer = await client.get(f"{url}/health/ready")
    except httpx.HTTPError as error:
        return [Finding.bad(f"{service} at {url}", f"does not answer: {type(error).__name__}", "look at its log")]
    if answer.status_code == httpx.codes.OK:
        return [Finding.good(f"{service} at {url}", "is ready")]
    return [
        Finding.bad(f"{service} at {url}", f"is not ready: {answer.text[:120]}", "the answer names what it waits for")
    ]


async def examine_outside(service: str, addresses: Mapping[str, str]) -> list[Finding]:
    """Whether somebody listens; what they would answer is not tried."""
    return [await _listens(service, name, url) for name, url in addresses.items()]


async def _listens(service: str, name: str, url: str) -> Finding:
    parts = urlsplit(url)
    subject = f"{name} of {service}"
    if not parts.hostname:
        return Finding.bad(subject, "is no address", "give scheme, host and path")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        async with asyncio.timeout(_SECONDS):
            _, writer = await asyncio.open_connection(parts.hostname, port)
    except (OSError, TimeoutError) as error:
        mend = "check the address, the network policy's egress and the firewall"
        return Finding.bad(subject, f"nobody listens at {parts.hostname}:{port} ({type(error).__name__})", mend)
    writer.close()
    return Finding.good(subject, f"somebody listens at {parts.hostname}:{port}")
