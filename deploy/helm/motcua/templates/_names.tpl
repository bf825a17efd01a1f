{{/* Names and labels. Every template below is called with a dict of root (the chart's own dot) and service (its name). */}}

{{/* At most 28 letters: CloudNativePG takes 50 for -notification-database, a label 63 for a migration's name. */}}
{{- define "motcua.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 28 | trimSuffix "-" -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 28 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 28 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{- define "motcua.name" -}}
{{- printf "%s-%s" (include "motcua.fullname" .root) .service -}}
{{- end }}

{{/* What never changes for the life of a Deployment: selectors are immutable. */}}
{{- define "motcua.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .service }}
{{- end }}

{{- define "motcua.labels" -}}
{{ include "motcua.selector" . }}
app.kubernetes.io/part-of: motcua
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{/* Of pods: without versions, or every release of the chart would restart them all. */}}
{{- define "motcua.podLabels" -}}
{{ include "motcua.selector" . }}
app.kubernetes.io/part-of: motcua
{{- end }}

{{/* Labels of what belongs to no single service. */}}
{{- define "motcua.sharedLabels" -}}
{{ include "motcua.labels" (dict "root" . "service" "shared") }}
{{- end }}

{{/* The image of a service: by digest where one is given, for a tag can be moved. */}}
{{- define "motcua.image" -}}
{{- $image := .root.Values.image -}}
{{- $own := (fromYaml (include "motcua.service" .)).image -}}
{{- $repository := default (printf "%s/%s" $image.registry .service) $own.repository -}}
{{- if $own.digest -}}
{{- printf "%s@%s" $repository $own.digest -}}
{{- else if $image.requireDigest -}}
{{- fail (printf "services.%s.image.digest is missing, and image.requireDigest is true: give the digest that your registry shows for %s" .service $repository) -}}
{{- else -}}
{{- printf "%s:%s" $repository (default .root.Chart.AppVersion (default $image.tag $own.tag)) -}}
{{- end -}}
{{- end }}

{{/* The principal of a service at Kafka, and of its KafkaUser. */}}
{{- define "motcua.kafkaUser" -}}
{{- printf "%s%s" .root.Values.kafka.userPrefix .service -}}
{{- end }}

{{- define "motcua.databaseCluster" -}}
{{- printf "%s-database" (include "motcua.name" .) -}}
{{- end }}

{{/* Secrets that must exist. The operators' own names are the defaults where they make them. */}}
{{- define "motcua.databaseSecret" -}}
{{- $given := (fromYaml (include "motcua.service" .)).database.secret -}}
{{- if $given -}}
{{- $given -}}
{{- else if .root.Values.cnpg.enabled -}}
{{- printf "%s-app" (include "motcua.databaseCluster" .) -}}
{{- else -}}
{{- printf "%s-database" (include "motcua.name" .) -}}
{{- end -}}
{{- end }}

{{- define "motcua.secret" -}}
{{- default (printf "%s-secrets" (include "motcua.name" .)) (fromYaml (include "motcua.service" .)).secret -}}
{{- end }}

{{- define "motcua.kafkaSecret" -}}
{{- default (include "motcua.kafkaUser" .) (fromYaml (include "motcua.service" .)).kafkaSecret -}}
{{- end }}

{{- define "motcua.tokenSecret" -}}
{{- default (printf "%s-token" (include "motcua.fullname" .)) .Values.token.secret -}}
{{- end }}

{{/* Where Argo CD puts things: databases, secrets and rights first, then migrations (-1), then the services (0). */}}
{{- define "motcua.foundation" -}}
argocd.argoproj.io/sync-wave: "-3"
{{- end }}

{{/* The same for what holds data: neither an uninstall nor a prune may take it away. */}}
{{- define "motcua.keep" -}}
{{ include "motcua.foundation" . }}
helm.sh/resource-policy: keep
argocd.argoproj.io/sync-options: Prune=false,Delete=false
{{- end }}
