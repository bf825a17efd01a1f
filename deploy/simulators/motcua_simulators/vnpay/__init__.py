"""The VNPay gateway, protocol 2.1.0."""
