# The base with pip, for the build stages alone: only needed where the base has none (Debian's own Python).
ARG BASE
FROM ${BASE}
RUN apt-get update -qq \
 && apt-get install -qq --yes --no-install-recommends python3-pip \
 && rm -rf /var/lib/apt/lists/*
