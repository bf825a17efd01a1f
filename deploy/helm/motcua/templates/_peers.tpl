{{/* Parts of NetworkPolicies. */}}

{{- define "motcua.egressDns" -}}
- ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
  to: {{- toYaml .Values.networkPolicy.dns | nindent 4 }}
{{- end }}

{{- define "motcua.egressDatabase" -}}
{{- if .root.Values.cnpg.enabled -}}
- ports: [{port: 5432, protocol: TCP}]
  to:
    - podSelector:
        matchLabels: {cnpg.io/cluster: {{ include "motcua.databaseCluster" . }}}
{{- else -}}
- ports: [{port: {{ .root.Values.networkPolicy.databasePort | int }}, protocol: TCP}]
  to: {{- toYaml .root.Values.networkPolicy.databases | nindent 4 }}
{{- end -}}
{{- end }}

{{- define "motcua.kafkaPeers" -}}
{{- if .Values.networkPolicy.kafka -}}
{{- toYaml .Values.networkPolicy.kafka -}}
{{- else -}}
- podSelector:
    matchLabels:
      strimzi.io/cluster: {{ .Values.strimzi.cluster }}
      strimzi.io/kind: Kafka
  {{- with .Values.strimzi.namespace }}
  namespaceSelector:
    matchLabels: {kubernetes.io/metadata.name: {{ . }}}
  {{- end }}
{{- end -}}
{{- end }}

{{/* The ports of host:port, each once, as a JSON list. */}}
{{- define "motcua.kafkaPorts" -}}
{{- $ports := list -}}
{{- range .Values.kafka.bootstrapServers -}}
{{- $ports = append $ports (regexFind "[0-9]+$" . | int) -}}
{{- end -}}
{{- $ports | uniq | toJson -}}
{{- end }}
