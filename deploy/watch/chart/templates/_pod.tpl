{{- define "batten.labels" -}}
app.kubernetes.io/name: batten-watch
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
{{- define "batten.security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
{{- end }}
{{- define "batten.podsecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end }}
{{- define "batten.env" -}}
{{- if .Values.databaseSecret }}
env:
  - name: BATTEN_WATCH_DATABASE_FILE
    value: /run/batten/url
{{- end }}
{{- if .Values.secretsFrom }}
envFrom:
  - secretRef:
      name: {{ .Values.secretsFrom }}
{{- end }}
{{- end }}
