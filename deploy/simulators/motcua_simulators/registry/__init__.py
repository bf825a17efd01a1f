"""The population registry behind the national data exchange (NDXP), SOAP 1.1."""
