#!/bin/sh
# Prints the rules of deploy/observe for the operator of Prometheus: prometheus-rule.sh | kubectl apply -f -
set -eu
rules="$(cd "$(dirname "$0")/../../../observe/prometheus/rules" && pwd)"
cat << HEAD
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: { name: parley, namespace: parley }
spec:
  groups:
HEAD
for file in "$rules"/*.yml; do grep -v '^groups:' "$file" | sed 's/^/  /'; done
