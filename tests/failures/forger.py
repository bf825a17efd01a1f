"""Makes forged notices out of a genuine one, as somebody could who has seen many and does not know the secret."""

import hashlib
import hmac
from collections.abc import Callable, Iterator
from random import Random
from urllib.parse import quote_plus

from services.payment.tests.notices import SECRET, Pairs, signature

_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_ODD = (
    "",
    "0",
    "00",
    "-1",
    " ",
    "\n",
    "\0",
    "\ud800",
    "é",
    "%30",
    "+",
    "&vnp_Amount=1",
    "=",
    "'",
    "9" * 300,
    "null",
    "[]",
)
_HASH = "vnp_SecureHash"
Forgery = Callable[[Random, Pairs], Pairs]


def forgeries(genuine: Pairs, count: int, seed: int) -> Iterator[Pairs]:
    """So many queries that say something else than the genuine notice, or are not signed."""
    random, made = Random(seed), 0
    while made < count:
        forged = genuine
        for _ in range(random.choice((1, 1, 1, 2, 4))):
            forged = random.choice(_WAYS)(random, forged)
        if not _is_genuine(forged, genuine):
            made += 1
            yield forged


def query(pairs: Pairs) -> str:
    """As it goes over the wire, whatever is in it."""
    return "&".join("=".join(quote_plus(part, errors="surrogatepass") for part in pair) for pair in pairs)


def _is_genuine(forged: Pairs, genuine: Pairs) -> bool:
    return _signed(forged) == _signed(genuine) and len(dict(forged)) == len(forged)


def _signed(pairs: Pairs) -> dict[str, str]:
    """What a signature covers, and itself; its case does not matter, nor what is empty or not VNPay's."""
    kept = {n: v for n, v in pairs if n.startswith("vnp_") and v and n != "vnp_SecureHashType"}
    return kept | {_HASH: kept.get(_HASH, "").lower()}


def _change(random: Random, pairs: Pairs) -> Pairs:
    at = random.randrange(len(pairs)) if pairs else 0
    return [(n, _altered(random, v) if i == at else v) for i, (n, v) in enumerate(pairs)]


def _altered(random: Random, value: str) -> str:
    at, odd, digit = random.randrange(len(value) + 1), random.choice(_ODD), random.choice("0123456789abcdefABCDEF")
    return random.choice(
        (
            odd,
            value[:at] + odd + value[at:],
            value[:at] + value[at + 1 :],
            value[:at] + digit + value[at + 1 :],
            value.translate(_DIGITS),
            value[::-1],
            value * 2,
        )
    )


def _drop(random: Random, pairs: Pairs) -> Pairs:
    at = random.randrange(len(pairs)) if pairs else 0
    return [pair for i, pair in enumerate(pairs) if i != at]


def _add(random: Random, pairs: Pairs) -> Pairs:
    name = random.choice(("vnp_Amount", "vnp_TxnRef", _HASH, "vnp_\ud800", "vnp_", "VNP_AMOUNT", "vnp_TransactionNo"))
    at = random.randrange(len(pairs) + 1)
    return [*pairs[:at], (name, random.choice((*_ODD, "600000", "0" * 128))), *pairs[at:]]


def _repeat(random: Random, pairs: Pairs) -> Pairs:
    return [*pairs, random.choice(pairs)] if pairs else pairs


def _rename(random: Random, pairs: Pairs) -> Pairs:
    at = random.randrange(len(pairs)) if pairs else 0
    spelt = random.choice((str.lower, str.upper, lambda n: f" {n}", lambda n: f"{n}[]", lambda n: n[1:]))
    return [(spelt(n) if i == at else n, v) for i, (n, v) in enumerate(pairs)]


def _swap(random: Random, pairs: Pairs) -> Pairs:
    if len(pairs) < 2:
        return pairs
    one, other = random.sample(range(len(pairs)), 2)
    swapped = list(pairs)
    swapped[one], swapped[other] = (pairs[one][0], pairs[other][1]), (pairs[other][0], pairs[one][1])
    return swapped


def _join(random: Random, pairs: Pairs) -> Pairs:
    """Two parameters as the name of one: the text that is signed stays the same where names are not encoded."""
    if len(pairs) < 2:
        return pairs
    at = random.randrange(len(pairs) - 1)
    (name, value), (next_name, next_value) = pairs[at], pairs[at + 1]
    return [*pairs[:at], (f"{name}={value}&{next_name}", next_value), *pairs[at + 2 :]]


def _sign_anew(random: Random, pairs: Pairs) -> Pairs:
    """With a secret that is none, another hash, or a text that is put together otherwise."""
    said = {n: v for n, v in _change(random, pairs) if n != _HASH}
    text = "&".join(f"{n}={quote_plus(v, errors='surrogatepass')}" for n, v in said.items()).encode(
        "utf-8", "surrogatepass"
    )
    given = (
        signature(said, random.choice(("", "0", SECRET.upper(), SECRET + " ", SECRET[:-1], _HASH))),
        hmac.new(SECRET[1:].encode(), text, hashlib.sha512).hexdigest(),
        hashlib.sha512(text).hexdigest(),
        hashlib.sha256(text).hexdigest(),
        signature(said, "another")[:64],
        "",
    )
    return [*said.items(), (_HASH, random.choice(given))]


_WAYS: tuple[Forgery, ...] = (_change, _change, _change, _drop, _add, _repeat, _rename, _swap, _join, _sign_anew)
