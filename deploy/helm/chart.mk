# The Helm chart: what it is given from elsewhere, and a second opinion on what it renders.
.PHONY: chart chart-policy
POLICY := $(VENV)/policy

chart: setup ## Write the chart's copies of topics, rights, alerts and dashboards
	$(BIN)/python -m deploy.helm.motcua_chart

$(POLICY)/.installed:
	$(PYTHON) -m venv $(POLICY)
	$(POLICY)/bin/python -m pip install --quiet --disable-pip-version-check checkov==3.3.30
	@touch $@

chart-policy: setup $(POLICY)/.installed ## Let checkov judge every values file, rendered (an environment of its own)
	rm -rf $(POLICY)/rendered
	$(BIN)/python -m deploy.helm.tests.chart $(POLICY)/rendered
	$(POLICY)/bin/checkov --directory $(POLICY)/rendered --config-file deploy/helm/checkov.yaml
