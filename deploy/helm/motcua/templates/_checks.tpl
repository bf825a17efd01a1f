{{/* What a schema cannot see. Each refusal names the value, the reason and the way out. */}}

{{- define "motcua.check" -}}
{{- $config := fromYaml (include "motcua.service" .) -}}
{{- $scaled := ne $config.autoscaling.by "none" -}}
{{- $most := int (ternary $config.autoscaling.maxReplicas $config.replicas $scaled) -}}
{{- $value := ternary "autoscaling.maxReplicas" "replicas" $scaled -}}
{{- include "motcua.checkScaling" (dict "service" .service "config" $config) -}}
{{- include "motcua.checkPartitions" (dict "root" .root "service" .service "most" $most "value" $value) -}}
{{- include "motcua.checkConnections" (dict "root" .root "service" .service "config" $config "most" $most "value" $value) -}}
{{- if .root.Values.networkPolicy.enabled -}}
{{- include "motcua.checkOutside" (dict "service" .service "config" $config) -}}
{{- end -}}
{{- if and (eq .service "notification") (ne (hasKey $config.settings "znsUrl") (has "zns-token" $config.secretKeys)) -}}
{{- fail "services.notification: settings.znsUrl and the secret key zns-token belong together: give both or neither" -}}
{{- end -}}
{{- end }}

{{- define "motcua.checkScaling" -}}
{{- $scaling := .config.autoscaling -}}
{{- if and (ne $scaling.by "none") (gt (int $scaling.minReplicas) (int $scaling.maxReplicas)) -}}
{{- fail (printf "services.%s.autoscaling: minReplicas %d is more than maxReplicas %d" .service (int $scaling.minReplicas) (int $scaling.maxReplicas)) -}}
{{- end -}}
{{- end }}

{{/* A consumer beyond the partitions has nothing to read, and each topic is one service's at a time. */}}
{{- define "motcua.checkPartitions" -}}
{{- $topics := (fromYaml (.root.Files.Get "files/kafka.yaml")).topics -}}
{{- $partitions := 0 -}}
{{- range (fromYaml (include "motcua.principal" .)).reads -}}
{{- $read := . -}}
{{- range $topics -}}{{- if eq .name $read -}}{{- $partitions = max $partitions (int .partitions) -}}{{- end -}}{{- end -}}
{{- end -}}
{{- if gt .most (int $partitions) -}}
{{- fail (printf "services.%s.%s is %d, but what it reads has %d partitions: the others would have nothing to do" .service .value .most $partitions) -}}
{{- end -}}
{{- end }}

{{/* All pods at their most, one more while a rollout replaces them, and the migration. */}}
{{- define "motcua.checkConnections" -}}
{{- $database := .config.database -}}
{{- $each := add (int $database.pool) (include "motcua.ownConnections" . | int) -}}
{{- $wanted := add (mul (add .most 1) $each) 1 -}}
{{- $offered := sub (int $database.maxConnections) (int $database.reservedConnections) -}}
{{- if gt $wanted $offered -}}
{{- fail (printf "services.%s.%s is %d: with one more during a rollout, %d connections a pod and a migration that is %d, but database.maxConnections less reservedConnections is %d. Lower database.pool or the replicas, or raise database.maxConnections with the server's max_connections" .service .value .most $each $wanted $offered) -}}
{{- end -}}
{{- end }}

{{/* Said once, for all services. */}}
{{- define "motcua.checkShared" -}}
{{- $policy := .Values.networkPolicy -}}
{{- if and $policy.enabled (not .Values.strimzi.enabled) (not $policy.kafka) -}}
{{- fail "networkPolicy.kafka is empty: with networkPolicy.enabled no pod could reach Kafka. Give its peers, such as an ipBlock" -}}
{{- end -}}
{{- if and $policy.enabled (not .Values.cnpg.enabled) (not $policy.databases) -}}
{{- fail "networkPolicy.databases is empty: with networkPolicy.enabled no pod could reach PostgreSQL. Give its peers, such as an ipBlock" -}}
{{- end -}}
{{- if and (eq .Values.http.by "gateway") (not .Values.http.gateway.name) -}}
{{- fail "http.gateway.name is empty: an HTTPRoute needs the Gateway that it hangs on" -}}
{{- end -}}
{{- if and .Values.cnpg.enabled (ge (int .Values.cnpg.synchronous) (int .Values.cnpg.instances)) -}}
{{- fail (printf "cnpg.synchronous is %d with %d instances: nothing could ever be committed" (int .Values.cnpg.synchronous) (int .Values.cnpg.instances)) -}}
{{- end -}}
{{- if and .Values.externalSecrets.enabled (not .Values.externalSecrets.store.name) -}}
{{- fail "externalSecrets.store.name is empty: name the store that holds the secrets" -}}
{{- end -}}
{{- end }}

{{/* Behind a default deny a service without its outside system would start, look well, and do nothing. */}}
{{- define "motcua.checkOutside" -}}
{{- $needed := index (dict "intake" list "identity" (list "registry") "payment" (list "vnpay") "notification" (list "smtp")) .service -}}
{{- if has "sms-providers" .config.secretKeys -}}{{- $needed = append $needed "sms" -}}{{- end -}}
{{- if has "zns-token" .config.secretKeys -}}{{- $needed = append $needed "zns" -}}{{- end -}}
{{- $service := .service -}}{{- $outside := .config.outside -}}
{{- range $needed -}}
{{- if not (hasKey $outside .) -}}
{{- fail (printf "services.%s.outside.%s is missing: with networkPolicy.enabled nothing could reach it. Give its cidrs and port" $service .) -}}
{{- end -}}
{{- end -}}
{{- end }}
