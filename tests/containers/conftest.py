"""An engine of the tests' own, the images built in it, and the compose project that stands there."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from motcua_local.containers.composed import ComposedSystem
from motcua_local.containers.engine import Engine, EngineError, complete, private_engine, why_no_private_engine
from motcua_local.containers.environment import own_ports, write_missing
from motcua_local.containers.images import IMAGES, LOCAL_TAG, Bases, build
from motcua_local.containers.project import Project

ASKED_FOR = "MOTCUA_TEST_CONTAINERS"
WAITS = {"MOTCUA_WAIT": "90", "MOTCUA_PATIENCE": "120"}
"""Longer than a service is away while it is restarted on a busy machine: else people are right to give up."""
_DEBIAN = ("docker.io", "mmdebstrap")
_MEANS = ("dockerd", "mmdebstrap")


@pytest.fixture(scope="session")
def engine(report_part: Callable[[str], None]) -> Iterator[Engine]:
    """A private engine, gone at the end with all it held; the other tests' search for an engine does not find it."""
    if not os.environ.get(ASKED_FOR):
        pytest.skip("containers are minutes of their own: make test-containers")
    if reason := _why_not():
        pytest.skip(reason)
    try:
        with private_engine() as running:
            report_part("containers: a private engine")
            yield running
    except EngineError as reason:
        pytest.skip(f"no container engine runs here: {reason}")


@pytest.fixture(scope="session")
def images(engine: Engine) -> dict[str, str]:
    """Every image of the system, by its short name."""
    try:
        bases = Bases.local(engine)
    except EngineError as reason:
        pytest.skip(f"a base image cannot be made here: {reason}")
    build(engine, bases, IMAGES.values())
    return {name: image.tagged(LOCAL_TAG) for name, image in IMAGES.items()}


@pytest.fixture(scope="session")
def project(engine: Engine, images: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The whole system in containers, well."""
    environment = tmp_path_factory.mktemp("compose") / "environment"
    write_missing(environment, own_ports(), WAITS)
    project = Project(engine, environment, "motcua-test")
    try:
        project.up()
        yield project
    finally:
        project.down(volumes=True)


@pytest.fixture(scope="session")
def system(project: Project) -> ComposedSystem:
    return ComposedSystem(project.environment)


def _why_not() -> str | None:
    if os.geteuid() != 0:
        return why_no_private_engine()
    if not all(map(shutil.which, _MEANS)) and (reason := _install()):
        return reason
    return why_no_private_engine()


def _install() -> str | None:
    if shutil.which("apt-get") is None or not Path("/etc/debian_version").exists():
        return f"{' and '.join(_MEANS)} are not here, and this is no Debian to install them on"
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["update"], ["install", "--yes", "--no-install-recommends", *_DEBIAN]):
        try:
            complete(("apt-get", "--quiet", *step), quiet, seconds=300)
        except EngineError as failed:
            return str(failed)
    return None
