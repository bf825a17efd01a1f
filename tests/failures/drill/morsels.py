"""What Hypothesis finds to put into a record: values, words and bytes, collected once and used again and again."""

from typing import Any, NamedTuple

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=40)
)


class Morsels(NamedTuple):
    """`values` are of JSON and no object, `words` any text, `bytes` any bytes."""

    values: list[Any]
    words: list[str]
    bytes: list[bytes]


def gather(count: int, number: int) -> Morsels:
    """So many of each, the same for the same number."""
    found = Morsels([], [], [])

    @seed(number)
    @settings(
        max_examples=count, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(_SCALARS | st.lists(_SCALARS, max_size=6), st.text(max_size=60), st.binary(max_size=80))
    def collect(value: Any, word: str, some: bytes) -> None:
        found.values.append(value)
        found.words.append(word)
        found.bytes.append(some)

    collect()
    return found
