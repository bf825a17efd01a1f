# Images, compose and what is said about what they hold; included by the Makefile.
IMAGE_PINS := $(BIN)/uv pip compile --constraints requirements.lock --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --no-header --no-annotate --quiet $(foreach m,contracts chassis intake identity payment notification local simulators,--no-emit-package motcua-$(m))
PINNED := deploy/docker/requirements

.PHONY: image-requirements images compose-up compose-down test-containers sbom licences audit

image-requirements: setup ## Derive what each image installs from requirements.lock
	for name in intake identity payment notification; do $(IMAGE_PINS) -o $(PINNED)/$$name.txt services/$$name/pyproject.toml || exit 1; done
	$(IMAGE_PINS) -o $(PINNED)/simulators.txt deploy/simulators/pyproject.toml
	$(IMAGE_PINS) -o $(PINNED)/local.txt --extra tools deploy/local/pyproject.toml contracts/pyproject.toml
	$(IMAGE_PINS) -o $(PINNED)/build.txt $(PINNED)/build.in

images: setup ## Build every image as motcua/<name>:local (ARGS="--base python:3.11-slim-bookworm" where images can be pulled)
	$(BIN)/python -m motcua_local.containers images $(ARGS)

compose-up: setup ## Start the whole system in containers and wait until it is well
	$(BIN)/python -m motcua_local.containers up

compose-down: setup ## Stop it (ARGS=--volumes: and forget everything)
	$(BIN)/python -m motcua_local.containers down $(ARGS)

test-containers: setup ## Build all images in an engine of its own, run the system there, restart and kill parts (root on Debian)
	MOTCUA_TEST_CONTAINERS=1 MOTCUA_TEST_BROKER=embedded $(BIN)/python -m pytest tests/containers $(ARGS)

sbom: setup ## Write a CycloneDX bill of materials of every image, and its licences, to dist/sbom
	$(BIN)/python -m motcua_local.containers bills $(ARGS)

licences: setup ## List the licence of every locked Python package
	$(BIN)/uv tool run --quiet --from pip-licenses==5.5.5 pip-licenses --python $(BIN)/python --format=markdown --order=license $(ARGS)

audit: setup ## Ask an advisory feed about every locked package
	$(BIN)/python -m motcua_local.containers audit
