"""Fetches Apache Kafka from the Maven repository into the user's cache, once, and checks every jar it hands out.

What stands in the way is a reason (`NotToBeHadError`), never a half-filled cache: it counts as filled only by its mark.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

from motcua_local.apache.installation import LOCK_FILE, Installation, NotToBeHadError, pinned
from motcua_local.apache.preparation import prepare

_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
_OLDEST_JAVA = 17
_FETCH_SECONDS = 300
REPOSITORY = "MOTCUA_MAVEN_REPOSITORY"
"""Environment: a Maven repository to use in place of the one that `mvn` is set up with."""

_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion><groupId>vn.motcua</groupId><artifactId>broker</artifactId><version>1</version>
{repositories}<dependencies>{dependencies}</dependencies></project>
"""
_DEPENDENCY = (
    "<dependency><groupId>{0}</groupId><artifactId>{1}</artifactId><version>{2}</version>"
    "<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions></dependency>\n"
)


@cache
def install() -> Installation:
    """Everything to run Apache Kafka with, fetched if need be. Raises `NotToBeHadError`."""
    java = _java()
    folder = _cache() / f"kafka-{hashlib.sha256(LOCK_FILE.read_bytes()).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    jars = folder / "jars"
    with _alone(folder):
        if not (folder / "complete").exists():
            shutil.rmtree(jars, ignore_errors=True)
            _fetch(folder, jars)
            verify(jars)
            prepare(Installation(java, folder))
            (folder / "complete").touch()
        else:
            verify(jars)
    return Installation(java, folder)


def why_not() -> str | None:
    """Why Apache Kafka cannot be had here, or nothing if it is there now."""
    try:
        install()
    except NotToBeHadError as reason:
        return str(reason)
    return None


def verify(jars: Path) -> None:
    """Raise `NotToBeHadError` for a jar that is not there or not the one that was pinned."""
    for jar in pinned():
        try:
            found = hashlib.sha256((jars / jar.file).read_bytes()).hexdigest()
        except FileNotFoundError:
            found = "nothing"
        if found != jar.sha256:
            raise NotToBeHadError(f"{jars / jar.file} is not what was pinned: {found[:12]}; remove {jars.parent}")


def _cache() -> Path:
    chosen = os.environ.get("XDG_CACHE_HOME")
    return (Path(chosen) if chosen else Path.home() / ".cache") / "motcua"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process fills the cache, the others wait for it."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _java() -> str:
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if java is None:
        raise NotToBeHadError("there is no Java")
    try:
        told = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=True).stderr
    except (OSError, subprocess.SubprocessError) as error:
        raise NotToBeHadError(f"{java} does not run ({type(error).__name__})") from None
    version = re.search(r'version "(\d+)', told)
    if version is None or int(version[1]) < _OLDEST_JAVA:
        raise NotToBeHadError(f"{java} is older than Java {_OLDEST_JAVA}")
    return java


def _fetch(folder: Path, jars: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise NotToBeHadError("Apache Kafka is not in the cache and there is no Maven (`mvn`) to fetch it with")
    (folder / "pom.xml").write_text(_pom(os.environ.get(REPOSITORY)), "utf-8")
    command = [maven, "-B", "-q", "-f", str(folder / "pom.xml"), _PLUGIN, f"-DoutputDirectory={jars}"]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=_FETCH_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise NotToBeHadError(f"Maven did not fetch Apache Kafka within {_FETCH_SECONDS} s") from None
    if ended.returncode:
        said = next((line for line in ended.stdout.splitlines() if "ERROR" in line), "it did not say why")
        raise NotToBeHadError(f"Maven cannot fetch Apache Kafka: {said[:200]}")


def _pom(repository: str | None) -> str:
    wanted = "".join(_DEPENDENCY.format(jar.group, jar.name, jar.version) for jar in pinned())
    where = f"<id>central</id><url>{escape(repository or '')}</url>"
    repositories = (
        f"<repositories><repository>{where}</repository></repositories>"
        f"<pluginRepositories><pluginRepository>{where}</pluginRepository></pluginRepositories>\n"
    )
    return _POM.format(repositories=repositories if repository else "", dependencies=wanted)
