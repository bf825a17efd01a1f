"""Tools around the contracts: topics, schemas, examples, AsyncAPI. Need the extra `[tools]`; the core imports none."""
