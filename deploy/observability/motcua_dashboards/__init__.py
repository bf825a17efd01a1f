"""The dashboards as code: what each panel asks Prometheus, written as the JSON that Grafana reads."""
