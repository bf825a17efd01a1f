"""Apache Kafka in KRaft mode on this machine's Java: one broker or three, open or with SASL, TLS and ACLs."""
