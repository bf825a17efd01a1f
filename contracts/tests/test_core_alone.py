"""An integrator installs `motcua_contracts` with pydantic and needs nothing else, not even our tools."""

import subprocess
import sys

ALONE = """
import sys

ALLOWED = {"motcua_contracts", "pydantic", "pydantic_core", "annotated_types", "typing_extensions", "typing_inspection"}


class Nothing:
    def find_spec(self, name, path=None, target=None):
        root = name.partition(".")[0]
        if root.startswith("_sysconfigdata"):
            return None  # generated per platform, so in no list of the standard library
        if root not in ALLOWED and root not in sys.stdlib_module_names:
            raise ModuleNotFoundError(f"{name} is not installed here")
        if name.startswith("motcua_contracts.tools"):
            raise ModuleNotFoundError("the core imported its tools")
        return None


for module in [m for m in sys.modules if m.partition(".")[0] not in sys.stdlib_module_names and m != "__main__"]:
    del sys.modules[module]
sys.meta_path.insert(0, Nothing())
import motcua_contracts

assert len(motcua_contracts.CATALOGUE) > 10
try:
    import yaml
except ModuleNotFoundError:
    print("alone")
"""


def test_the_core_needs_pydantic_alone() -> None:
    run = subprocess.run(  # noqa: S603  # our own interpreter and text
        [sys.executable, "-c", ALONE], capture_output=True, text=True, check=False
    )
    assert (run.stdout.strip(), run.stderr) == ("alone", "")
