"""What Apache Kafka is run from: a Java, the pinned jars, and what was prepared of them once."""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LOCK_FILE = Path(__file__).with_name("artefacts.lock")


class NotToBeHadError(Exception):
    """Apache Kafka cannot be had here; the text is the reason."""


@dataclass(frozen=True)
class Jar:
    """One artefact, pinned."""

    group: str
    name: str
    version: str
    sha256: str

    @property
    def file(self) -> str:
        return f"{self.name}-{self.version}.jar"


@dataclass(frozen=True)
class Installation:
    """A Java that is new enough, and the folder in the cache."""

    java: str
    folder: Path

    @property
    def template(self) -> Path:
        """What a formatted, empty broker keeps; see `preparation`."""
        return self.folder / "formatted"

    @property
    def archive(self) -> Path:
        """Loaded classes of an earlier run, which spare each start a third of its time; used where they fit."""
        return self.folder / "classes.jsa"

    def command(self, main: str, *arguments: str, archive: str | None = None) -> tuple[str, ...]:
        """Run a class of Kafka's in a JVM that starts quickly and stays small."""
        classpath = os.pathsep.join(str(self.folder / "jars" / jar.file) for jar in pinned())
        shared = archive or f"-XX:SharedArchiveFile={self.archive}"
        return (self.java, *_JVM, shared, "-cp", classpath, main, *arguments)


@cache
def pinned() -> tuple[Jar, ...]:
    """What `artefacts.lock` names."""
    lines = (line.split() for line in LOCK_FILE.read_text("utf-8").splitlines() if line and line[0] != "#")
    return tuple(
        Jar(group, name, version, digest)
        for (coordinates, digest) in lines
        for group, name, version in [coordinates.split(":")]
    )


_JVM = (
    *("-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError"),
    *("-Xshare:auto", "-Xlog:disable", "-Xlog:all=error:stderr", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"),
)
