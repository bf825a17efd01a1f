{{/* One service as it is configured, and what its pods are told. */}}

{{/* The defaults, and over them what services.<name> says. Use with fromYaml. */}}
{{- define "motcua.service" -}}
{{- toYaml (mustMergeOverwrite (deepCopy .root.Values.defaults) (deepCopy (index .root.Values.services .service))) -}}
{{- end }}

{{/* Its entry in contracts/topics: what it reads, and what it may do. */}}
{{- define "motcua.principal" -}}
{{- $service := .service -}}
{{- range (fromYaml (.root.Files.Get "files/kafka.yaml")).users -}}
{{- if eq .principal $service -}}{{- toYaml . -}}{{- end -}}
{{- end -}}
{{- end }}

{{/* Connections of one pod beside its pool: the relay's own, and notification's for its attempts. */}}
{{- define "motcua.ownConnections" -}}
{{- index (dict "intake" 1 "identity" 1 "payment" 1 "notification" 5) .service -}}
{{- end }}

{{- define "motcua.caSecret" -}}
{{- if .Values.kafka.caSecret -}}
{{- .Values.kafka.caSecret -}}
{{- else if .Values.strimzi.enabled -}}
{{- printf "%s-cluster-ca-cert" .Values.strimzi.cluster -}}
{{- end -}}
{{- end }}

{{- define "motcua.mountsCa" -}}
{{- if and (eq .Values.kafka.security "sasl_tls") (include "motcua.caSecret" .) -}}yes{{- end -}}
{{- end }}

{{- define "motcua.fromSecret" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .key }}
{{- end }}

{{/* Where the database is: all that a migration is told. */}}
{{- define "motcua.databaseEnvironment" -}}
{{- $config := fromYaml (include "motcua.service" .) -}}
{{- $secret := include "motcua.databaseSecret" . -}}
{{ include "motcua.fromSecret" (dict "name" "MOTCUA_DATABASE" "secret" $secret "key" $config.database.key) }}
{{- with $config.database.directKey }}
{{ include "motcua.fromSecret" (dict "name" "MOTCUA_DATABASE_DIRECT" "secret" $secret "key" .) }}
{{- end }}
{{- end }}

{{- define "motcua.environment" -}}
{{- $values := .root.Values -}}
{{- $config := fromYaml (include "motcua.service" .) -}}
{{- include "motcua.databaseEnvironment" . }}
- name: MOTCUA_DATABASE_POOL
  value: {{ $config.database.pool | int | quote }}
- name: MOTCUA_MIGRATE_AT_START
  value: {{ eq $values.migrations.by "pods" | quote }}
- name: MOTCUA_HTTP_HOST
  value: "0.0.0.0"
- name: MOTCUA_HTTP_PORT
  value: "8080"
{{ include "motcua.fromSecret" (dict "name" "MOTCUA_TOKEN_SECRET" "secret" (include "motcua.tokenSecret" .root) "key" $values.token.key) }}
{{- with $values.token.alsoKey }}
{{ include "motcua.fromSecret" (dict "name" "MOTCUA_TOKEN_SECRET_ALSO" "secret" (include "motcua.tokenSecret" $.root) "key" .) }}
{{- end }}
- name: MOTCUA_KAFKA
  value: {{ join "," $values.kafka.bootstrapServers | quote }}
- name: MOTCUA_KAFKA_SECURITY
  value: {{ $values.kafka.security }}
{{- if eq $values.kafka.security "sasl_tls" }}
- name: MOTCUA_KAFKA_USERNAME
  value: {{ include "motcua.kafkaUser" . }}
{{ include "motcua.fromSecret" (dict "name" "MOTCUA_KAFKA_PASSWORD" "secret" (include "motcua.kafkaSecret" .) "key" $values.kafka.passwordKey) }}
{{- if include "motcua.mountsCa" .root }}
- name: MOTCUA_KAFKA_CA
  value: /etc/motcua/kafka/ca.crt
{{- end }}
{{- end }}
{{- $secret := include "motcua.secret" . }}
{{- range $config.secretKeys }}
{{ include "motcua.fromSecret" (dict "name" (printf "MOTCUA_%s" (. | replace "-" "_" | upper)) "secret" $secret "key" .) }}
{{- end }}
{{- $settings := $config.settings }}
{{- if and (has .service (list "identity" "notification")) (not $settings.intakeUrl) }}
{{- $settings = set $settings "intakeUrl" (printf "http://%s:8080" (include "motcua.name" (dict "root" .root "service" "intake"))) }}
{{- end }}
{{- range $name, $value := $settings }}
- name: MOTCUA_{{ snakecase $name | upper }}
  value: {{ kindIs "string" $value | ternary $value (toJson $value) | quote }}
{{- end }}
{{- end }}

{{/* Restricted, and a little more: what may be said of a pod, and of its container. */}}
{{- define "motcua.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ .Values.pods.user | int }}
runAsGroup: {{ .Values.pods.user | int }}
fsGroup: {{ .Values.pods.user | int }}
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "motcua.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* When Kubernetes removes pods, for an HPA as for KEDA's. */}}
{{- define "motcua.scaling" -}}
scaleUp:
  stabilizationWindowSeconds: 30
  policies:
    - {type: Pods, value: 2, periodSeconds: 60}
scaleDown:
  stabilizationWindowSeconds: {{ .autoscaling.scaleDown.stabilizationSeconds | int }}
  policies:
    - {type: Pods, value: 1, periodSeconds: {{ .autoscaling.scaleDown.periodSeconds | int }}}
{{- end }}
