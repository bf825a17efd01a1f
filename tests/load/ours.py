"""One stage of the pipeline on the chassis: `python -m tests.load.ours STAGE`."""

import sys

from motcua_chassis.message import Decider, Message
from motcua_chassis.service import Service, run
from motcua_chassis.settings import ChassisSettings
from tests.load.stages import STAGES, Progress, Stage, evolve


def service(stage: Stage) -> Service[Progress]:
    """The stage as a service of ours."""

    def decide(state: Progress, message: Message) -> list:
        return stage.decide(state, message.body, message.cause)

    decider = Decider(Progress(), decide, evolve, lambda _state: {})
    return Service(stage.stream, f"bench {stage.stream}", decider, reads=stage.reads)


if __name__ == "__main__":
    run(service(STAGES[sys.argv[1]]), ChassisSettings())
