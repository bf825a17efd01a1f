"""Says which images there are and builds them, from this source tree alone and from what the package indexes hold."""

import os
import subprocess
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from motcua_local.apache.artefacts import install
from motcua_local.apache.installation import NotToBeHadError
from motcua_local.containers.debian import BASE, BUILDER, make_base
from motcua_local.containers.engine import Engine, EngineError
from motcua_local.wiring import SERVICES

SOURCES = Path(__file__).parents[4]
DOCKER = SOURCES / "deploy" / "docker"
LOCAL_TAG = "local"


@dataclass(frozen=True)
class Image:
    """One image: `motcua/<name>`."""

    name: str
    dockerfile: Path
    context: Callable[[], Path]
    target: str | None = None
    service: str | None = None

    def tagged(self, tag: str) -> str:
        return f"motcua/{self.name}:{tag}"


@dataclass(frozen=True)
class Bases:
    """What the images stand on: two that the engine has or can pull."""

    base: str
    builder: str

    @classmethod
    def local(cls, engine: Engine) -> "Bases":
        """Ours, made of Debian's packages where the engine does not have them yet."""
        make_base(engine, DOCKER / "builder.Dockerfile")
        return cls(BASE, BUILDER)


def build(engine: Engine, bases: Bases, images: Iterable[Image], tag: str = LOCAL_TAG) -> None:
    """Build them, two at a time. Raises `EngineError`."""
    revision = _revision()
    with ThreadPoolExecutor(2) as pool:
        for ended in [pool.submit(_build, engine, bases, image, tag, revision) for image in images]:
            ended.result()


def _build(engine: Engine, bases: Bases, image: Image, tag: str, revision: str) -> None:
    arguments = {"BASE": bases.base, "BUILDER": bases.builder, "REVISION": revision, "VERSION": tag}
    if image.service:
        arguments["SERVICE"] = image.service
    engine.run(
        *("build", "--quiet", "--network=host", f"--file={image.dockerfile}", f"--tag={image.tagged(tag)}"),
        *(f"--build-arg={name}={value}" for name, value in arguments.items() if name != "BUILDER" or image.target),
        *([f"--target={image.target}"] if image.target else []),
        *_authorities(),
        str(image.context()),
    )


def _authorities() -> list[str]:
    """The bundle this machine trusts, where it says so: for the time of fetching, never within an image."""
    bundle = os.environ.get("SSL_CERT_FILE")
    return [f"--secret=id=ca,src={bundle}"] if bundle and Path(bundle).is_file() else []


def _revision() -> str:
    try:
        told = subprocess.run(
            ["git", "-C", str(SOURCES), "rev-parse", "HEAD"], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return told.stdout.strip()


def _jars() -> Path:
    try:
        return install().folder
    except NotToBeHadError as reason:
        raise EngineError(f"no image of Apache Kafka: {reason}") from None


def _sources() -> Path:
    return SOURCES


def _ours(name: str, target: str | None = None) -> Image:
    service = None if target else name
    return Image(name, DOCKER / "Dockerfile", _sources, target or "service", service)


def _part(name: str, context: Callable[[], Path] | None = None) -> Image:
    folder = DOCKER / name
    return Image(name, folder / "Dockerfile", context or (lambda: folder))


IMAGES = {
    image.name: image
    for image in (
        *map(_ours, SERVICES),
        _ours("simulators", "simulators"),
        _ours("local", "local"),
        _part("postgres"),
        _part("kafka", _jars),
        _part("prometheus"),
    )
}
"""Everything that compose starts."""
