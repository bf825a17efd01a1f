"""The command reaches clusters over TLS, takes commands of other packages, and explains what it cannot do."""

import asyncio
import ssl
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import EntryPoint
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import typer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from typer.testing import CliRunner

from contracts.tests.stage import Stage
from motcua_contracts.tools.examples import paid, story
from motcua_events import plugins
from motcua_events.cli import app
from motcua_events.cluster import Cluster, Mechanism, Security
from motcua_events.failure import ToolError
from motcua_events.moments import parse_moment, shown
from motcua_events.options import cluster_of
from motcua_local.broker import _tansu
from motcua_local.ports import free_ports
from tests.support.parts import embedded_parts


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for this machine that signs itself, and its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = tmp_path / "broker.pem", tmp_path / "broker.key"
    files[0].write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    private = serialization.PrivateFormat.PKCS8
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption()))
    return files


async def test_it_reaches_a_broker_over_tls(certificate: tuple[Path, Path], tmp_path: Path) -> None:

    async with embedded_parts() as (_, supervisor):
        inner, outer = (f"127.0.0.1:{port}" for port in free_ports(2))
        program = _tansu(inner)
        command = list(program.command)
        command[command.index("--advertised-listener-url") + 1] = f"tcp://{outer}"
        await supervisor.start(replace(program, command=tuple(command)))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certificate)
        host, port = outer.split(":")
        server = await asyncio.start_server(lambda r, w: _relay(r, w, inner), host, int(port), ssl=context)
        async with server:
            secure = ["--security", "ssl", "--tls-ca", str(certificate[0])]
            stage = Stage(outer, "")
            cluster = Cluster(outer, Security.SSL, authority=certificate[0])
            async with asyncio.timeout(20):
                while True:
                    try:
                        await cluster.create_topics(dict.fromkeys(stage.topics, 3), 1)
                        break
                    except ToolError:
                        await asyncio.sleep(0.1)
            result = await stage.run(*secure, "record", tmp_path / "r")
            assert result.exit_code == 0, result.output
            distrusted = await stage.run("--security", "ssl", "record", tmp_path / "s")
            assert (distrusted.exit_code, "no Kafka lets us in" in distrusted.output) == (2, True)


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, to: str) -> None:
    host, port = to.split(":")
    try:
        inner_reader, inner_writer = await asyncio.open_connection(host, int(port))
    except OSError:
        writer.close()
        return
    await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer), return_exceptions=True)


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65_536):
            target.write(data)
            await target.drain()
    finally:
        target.close()


@pytest.mark.parametrize("mechanism", list(Mechanism))
def test_sasl_is_passed_on_as_given(mechanism: Mechanism) -> None:
    options = Cluster("a:1, b:2", Security.SASL_SSL, mechanism, "reader", "word").options()
    assert isinstance(options.pop("ssl_context"), ssl.SSLContext)
    assert options == {
        "bootstrap_servers": ["a:1", "b:2"],
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": mechanism.value,
        "sasl_plain_username": "reader",
        "sasl_plain_password": "word",
    }


def test_sasl_without_a_password_is_refused_and_the_environment_gives_it(monkeypatch: pytest.MonkeyPatch) -> None:
    given = ["--security", "sasl_plaintext", "--username", "reader", "--brokers", "127.0.0.1:9", "lag"]
    assert "MOTCUA_KAFKA_PASSWORD" in CliRunner().invoke(app, given).output
    monkeypatch.setenv("MOTCUA_KAFKA_PASSWORD", "word")
    assert "no Kafka lets us in" in CliRunner().invoke(app, given).output


def test_tls_files_that_are_not_there_are_said() -> None:
    given = ["--security", "ssl", "--tls-ca", "/nowhere.pem", "lag"]
    result = CliRunner().invoke(app, given)
    assert (result.exit_code, "TLS files cannot be used" in result.output) == (2, True)


one, several = typer.Typer(), typer.Typer()


@one.command()
def rebuild_(context: typer.Context, service: str) -> None:
    """Rebuild a service."""
    typer.echo(f"{service} at {cluster_of(context).brokers}")


@several.command("list")
def list_() -> None:
    """List them."""
    typer.echo("listed")


@several.command("retry")
def retry() -> None:
    """Retry one."""


def test_other_packages_add_commands_and_a_broken_one_hurts_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "elsewhere", sys.modules[__name__])
    values = {"rebuild": "elsewhere:one", "dead-letters": "elsewhere:several", "broken": "nowhere:app", "tail": "x:y"}
    found: Any = [EntryPoint(name, value, plugins.GROUP) for name, value in values.items()]
    monkeypatch.setattr(plugins, "entry_points", lambda **_: found)
    run = CliRunner().invoke
    listed = run(app, ["--help"]).output
    assert ("Rebuild a service" in listed, "dead-letters" in listed, "cannot be loaded" in listed) == (True,) * 3
    assert run(app, ["--brokers", "b:1", "rebuild", "payment"]).output == "payment at b:1\n"
    assert run(app, ["dead-letters", "list"]).output == "listed\n"
    broken = run(app, ["broken"])
    assert (broken.exit_code, "nowhere:app" in broken.output) == (2, True)
    assert "oldest first" in run(app, ["tail", "--help"]).output


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("15m", "2026-11-22T09:45:00+00:00"),
        ("3d", "2026-11-19T10:00:00+00:00"),
        ("2026-12-07", "2026-12-07T00:00:00+07:00"),
        ("2026-12-07T08:30", "2026-12-07T08:30:00+07:00"),
        ("2026-12-07T08:30Z", "2026-12-07T08:30:00+00:00"),
    ],
)
def test_times_are_vietnam_s_unless_they_say_otherwise(text: str, moment: str) -> None:
    assert parse_moment(text, datetime(2026, 11, 22, 10, tzinfo=UTC)) == datetime.fromisoformat(moment)


def test_a_time_that_is_none_is_refused() -> None:
    result = CliRunner().invoke(app, ["tail", "--since", "soon"])
    assert (result.exit_code, "not a time" in result.output) == (2, True)


def test_times_are_shown_as_vietnamese_people_write_them() -> None:
    assert shown(datetime(2026, 12, 7, 1, 30, 5, 214_000, UTC)) == "07/12/2026 08:30:05.214"
    assert len(paid()) < len(story())
