"""Says quickly whether a container can be had here; whatever stands in the way is a reason, never an error."""

import docker  # type: ignore[import-untyped]
from docker.errors import DockerException, ImageNotFound  # type: ignore[import-untyped]
from requests.exceptions import RequestException
from testcontainers.core.config import testcontainers_config

_ASK_SECONDS = 1
_START_SECONDS = 45


def why_not(image: str) -> str | None:
    """Return why no container of this image can be started, or nothing if it can; within two seconds."""
    try:
        client = docker.from_env(timeout=_ASK_SECONDS)
    except (DockerException, RequestException):
        return "no container engine answers"
    try:
        _find(client, image)
        _do_without_reaper_unless_present(client)
    except (DockerException, RequestException):
        return f"the image {image} cannot be fetched"
    finally:
        client.close()
    return None


def _find(client: docker.DockerClient, image: str) -> None:
    try:
        client.images.get(image)
    except ImageNotFound:
        client.images.get_registry_data(image)


def _do_without_reaper_unless_present(client: docker.DockerClient) -> None:
    """The fixtures stop what they start: the reaper is a second net, not worth failing or waiting for."""
    testcontainers_config.max_tries = int(_START_SECONDS / testcontainers_config.sleep_time)
    try:
        client.images.get(testcontainers_config.ryuk_image)
    except ImageNotFound:
        testcontainers_config.ryuk_disabled = True
