"""What an image holds, and as whom it runs."""

import json

import pytest

from motcua_local.containers.debian import BASE
from motcua_local.containers.engine import Engine, EngineError
from motcua_local.wiring import SERVICES

pytestmark = pytest.mark.timeout(1_800)  # the first test builds the images

CONFINED = ("run", "--rm", "--read-only", "--network=none", "--cap-drop=ALL", "--security-opt=no-new-privileges:true")
_TELL = """
import importlib.metadata, json, os, pathlib
def writable(place):
    try:
        pathlib.Path(place, "x").touch()
    except OSError as error:
        return error.strerror
    return "writable"
print(json.dumps({
    "ours": sorted(d.name for d in importlib.metadata.distributions() if d.name.startswith("motcua")),
    "modules": sorted({p.name for p in pathlib.Path("/app").rglob("motcua_*") if p.is_dir() and p.suffix == ""}),
    "user": [os.getuid(), os.getgid()],
    "places": {place: writable(place) for place in ("/", "/app", "/motcua", "/etc")},
    "tools": [tool for tool in ("pip", "uv", "gcc", "git", "curl") if any(pathlib.Path(d, tool).exists() for d in os.get_exec_path())],
}))
"""  # noqa: E501


@pytest.mark.parametrize("service", SERVICES)
def test_a_services_image_holds_none_of_its_siblings_and_runs_as_nobody(
    engine: Engine, images: dict[str, str], service: str
) -> None:
    told = json.loads(engine.run(*CONFINED, images[service], "python", "-c", _TELL))

    assert told["ours"] == sorted(["motcua-contracts", "motcua-chassis", f"motcua-{service}"])
    siblings = {f"motcua_{name}" for name in SERVICES if name != service} | {"motcua_local", "motcua_simulators"}
    assert siblings.isdisjoint(told["modules"])
    assert told["user"] == [10001, 10001]
    assert set(told["places"].values()) == {"Read-only file system"}
    assert told["tools"] == []
    assert engine.run("image", "inspect", "--format", "{{.Config.User}}", images[service]).strip() == "10001:10001"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_comes_as_far_as_its_settings_with_nothing_of_its_siblings(
    engine: Engine, images: dict[str, str], service: str
) -> None:
    with pytest.raises(EngineError, match=r"(?s)validation error.*token_secret"):
        engine.run(*CONFINED, images[service])


def test_the_migrations_travel_with_their_service(engine: Engine, images: dict[str, str]) -> None:
    listing = (
        "from motcua_chassis.database import migrations_of as m; print(*(f.name for f in m('motcua_intake').iterdir()))"
    )

    assert "0001_applications.sql" in engine.run(*CONFINED, images["intake"], "python", "-c", listing)


def test_the_authorities_that_the_building_machine_trusts_stay_out(engine: Engine, images: dict[str, str]) -> None:
    digest = "import hashlib as h; print(h.sha256(open('/etc/ssl/certs/ca-certificates.crt', 'rb').read()).hexdigest())"

    looked_at = (BASE, images["intake"], images["local"])
    trusted = {engine.run(*CONFINED, image, "python3", "-c", digest) for image in looked_at}
    assert len(trusted) == 1
