"""What can end a message before anything was sent: nobody to tell, no way to them, or a failure that had no effect."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from motcua_chassis.claim_check import ErasedError
from motcua_chassis.worker import NotDoneError
from motcua_contracts import Medium, Topic
from motcua_notification.domain import ApplicantGone, NoAddress, NotReachable, OptedOut
from motcua_notification.phone_number import as_providers_write_it
from motcua_notification.recipients import OptedOutError

About = tuple[Topic, int, Medium]


class UntoldError(Exception):
    """This person cannot be told; `answer` is what `decide` will see."""

    def __init__(self, answer: ApplicantGone | OptedOut | NoAddress | NotReachable) -> None:
        super().__init__(type(answer).__name__)
        self.answer = answer


@contextmanager
def before_sending(about: About) -> Iterator[None]:
    """Whatever goes wrong in here, nothing was sent. Raises `UntoldError`, and `NotDoneError` for all the rest."""
    try:
        yield
    except (NotDoneError, UntoldError):
        raise
    except ErasedError:
        raise UntoldError(ApplicantGone(*about)) from None
    except OptedOutError:
        raise UntoldError(OptedOut(*about)) from None
    except Exception as error:
        raise NotDoneError(type(error).__name__) from error


def phone_of(applicant: Mapping[str, Any], about: About) -> str:
    """The number as providers write it. Raises `UntoldError`."""
    given = applicant.get("phone") or ""
    phone = as_providers_write_it(given)
    if phone is None:
        raise UntoldError(NotReachable(*about) if given else NoAddress(*about))
    return phone
