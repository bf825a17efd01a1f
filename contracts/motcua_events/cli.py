"""The command `motcua-events`: how to reach the cluster, and the subcommands."""

from pathlib import Path
from typing import Annotated

import typer

from motcua_events.cluster import Cluster, Mechanism, Security
from motcua_events.commands.lag import lag
from motcua_events.commands.record import record
from motcua_events.commands.replay import replay
from motcua_events.commands.show import show
from motcua_events.commands.tail import tail
from motcua_events.commands.validate import validate
from motcua_events.plugins import PluginGroup

app = typer.Typer(cls=PluginGroup, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def motcua_events(
    context: typer.Context,
    brokers: Annotated[str, typer.Option(envvar="MOTCUA_KAFKA", help="host:port[,host:port]")] = "localhost:9092",
    security: Annotated[
        Security, typer.Option(envvar="MOTCUA_KAFKA_SECURITY", case_sensitive=False)
    ] = Security.PLAINTEXT,
    mechanism: Annotated[
        Mechanism, typer.Option(envvar="MOTCUA_KAFKA_MECHANISM", case_sensitive=False, help="of SASL")
    ] = Mechanism.SCRAM_SHA_512,
    username: Annotated[str | None, typer.Option(envvar="MOTCUA_KAFKA_USERNAME", help="of SASL")] = None,
    password: Annotated[
        str | None,
        typer.Option(
            envvar="MOTCUA_KAFKA_PASSWORD", help="of SASL; better in the environment, where ps does not show it"
        ),
    ] = None,
    tls_ca: Annotated[
        Path | None,
        typer.Option(
            envvar=["MOTCUA_KAFKA_TLS_CA", "MOTCUA_KAFKA_CA"], help="who signed the brokers; else the system's list"
        ),
    ] = None,
    tls_certificate: Annotated[
        Path | None, typer.Option(envvar="MOTCUA_KAFKA_TLS_CERTIFICATE", help="our own, where brokers ask for one")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(envvar="MOTCUA_KAFKA_TLS_KEY", help="to our own certificate")] = None,
    cluster_id: Annotated[
        str | None, typer.Option(envvar="MOTCUA_KAFKA_CLUSTER_ID", help="refuse every other cluster than this")
    ] = None,
) -> None:
    """Look at Motcua's events, check, record and replay them: on any Kafka."""
    context.obj = Cluster(
        brokers, security, mechanism, username, password, tls_ca, tls_certificate, tls_key, cluster_id
    )


for command in (tail, show, validate, lag, record, replay):
    app.command()(command)


def main() -> None:
    """The entry point."""
    app()
