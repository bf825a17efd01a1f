"""What the Helm chart is given from elsewhere: topics and rights from `contracts/topics`, alerts and dashboards."""
