"""What every service's HTTP promises in its OpenAPI document, tried from outside."""
