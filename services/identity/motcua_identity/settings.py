"""Identity's own settings."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from motcua_chassis.settings import ChassisSettings, Duration
from motcua_identity.domain import PATIENCE

LONGEST_PATIENCE = timedelta(days=30)


class Settings(ChassisSettings):
    """Where the vault and the registry are, as whom and how often the registry is asked."""

    intake_url: str
    registry_url: str
    """The service's address at the exchange, not its WSDL."""
    registry_account: str = "motcua"
    """TaiKhoan."""
    registry_officer: str = "motcua"
    """MaCanBo."""
    registry_unit: str = "motcua"
    """MaDonVi."""
    registry_integration: str = "037"
    """MaTichHop."""
    registry_rate: Annotated[float, Field(ge=0.1, allow_inf_nan=False)] | None = None
    """Look-ups a second that the exchange agreed with us, for this process: with two replicas, half of it each."""
    registry_patience: Annotated[Duration, Field(le=LONGEST_PATIENCE)] = PATIENCE
    """How long a check may go unanswered before an officer looks: seconds, or an ISO 8601 duration such as PT15M."""
