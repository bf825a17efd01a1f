"""Makes the server's directory on its first start, a role and a database for each of DATABASES; then is the server.

Each role owns its own database and may not connect to the others; its password is <NAME>_DATABASE_PASSWORD.
"""  # noqa: INP001 - a script

import os
import subprocess
import tempfile
from pathlib import Path

DATA = Path(os.environ["PGDATA"])
INITDB, POSTGRES = "/usr/lib/postgresql/15/bin/initdb", "/usr/lib/postgresql/15/bin/postgres"
SETTINGS = {
    "listen_addresses": "*",
    "unix_socket_directories": "/tmp",  # noqa: S108 - the container's own
    "password_encryption": "scram-sha-256",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "jit": "off",
}
_OPTIONS = "--username=postgres --auth-local=peer --auth-host=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8".split()


def main() -> None:
    """Initialise where nothing is yet, then become the server: signals reach it."""
    if not (DATA / "PG_VERSION").exists():
        initialise(os.environ["DATABASES"].split())
    settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
    os.execv(POSTGRES, [POSTGRES, "-D", str(DATA), *settings])  # noqa: S606 - no shell is wanted


def initialise(databases: list[str]) -> None:
    """Into a directory beside it first: a start that is cut short leaves nothing that looks finished."""
    draft = Path(tempfile.mkdtemp(prefix="draft-", dir=DATA.parent))
    subprocess.run([INITDB, "-D", str(draft), *_OPTIONS], check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    script = "".join(f"{line}\n" for name in databases for line in statements(name))
    single = [POSTGRES, "--single", "-D", str(draft), "postgres"]
    subprocess.run(single, input=script, text=True, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    with (draft / "pg_hba.conf").open("a") as rules:
        rules.write("host all all all scram-sha-256\n")
    draft.rename(DATA)


def statements(name: str) -> list[str]:
    """One a line, as the single-user mode reads them."""
    password = os.environ[f"{name.upper()}_DATABASE_PASSWORD"].replace("'", "''")
    return [
        f"CREATE ROLE {name} LOGIN PASSWORD '{password}'",
        f"CREATE DATABASE {name} OWNER {name}",
        f"REVOKE ALL ON DATABASE {name} FROM PUBLIC",
    ]


if __name__ == "__main__":
    main()
