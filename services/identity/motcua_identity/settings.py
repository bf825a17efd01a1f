"""Identity's own settings."""

from motcua_chassis.settings import ChassisSettings


class Settings(ChassisSettings):
    """Where the vault and the registry are, and as whom the registry is asked."""

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
