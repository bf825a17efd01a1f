"""The seats of a stack's processes: what their next life is told, and further replicas of a service."""

from dataclasses import replace
from itertools import count

from motcua_local.ports import free_ports
from motcua_local.processes import Program, Supervisor
from motcua_local.stack import Stack

_NUMBERS = count(2)


def supervisor_of(stack: Stack) -> Supervisor:
    return stack._supervisor


def program_of(stack: Stack, name: str) -> Program:
    return stack._supervisor._children[name].program


def environment_of(stack: Stack, name: str) -> dict[str, str]:
    """What is changed here is told to its next life; the one that runs does not notice."""
    environment = program_of(stack, name).environment
    assert isinstance(environment, dict)
    return environment


def replica_of(stack: Stack, service: str) -> Program:
    """One more of a service, at a port of its own; it is not started again when it ends."""
    program = program_of(stack, service)
    environment = {**program.environment, "MOTCUA_HTTP_PORT": str(free_ports(1)[0])}
    return replace(program, name=f"{service}-{next(_NUMBERS)}", environment=environment, restart=False)
