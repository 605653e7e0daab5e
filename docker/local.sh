#!/usr/bin/env bash
# Start or stop a local Airflow in the background, on loopback only. Not `airflow standalone`: that also
# serves task logs on every interface of the machine.
# Usage: local.sh up|down      (called by make, which sets AIRFLOW_HOME and the AIRFLOW__* settings)
set -euo pipefail

pid_file=$AIRFLOW_HOME/airflow.pid
log_file=$AIRFLOW_HOME/airflow-local.log
passwords=$AIRFLOW_HOME/simple_auth_manager_passwords.json.generated

# The process group that we started, if it still runs and is still ours (numbers get reused).
running() {
  [ -f "$pid_file" ] || return 1
  local pid
  pid=$(<"$pid_file")
  [ -n "$pid" ] && grep -qz 'local.sh' "/proc/$pid/cmdline" 2>/dev/null
}

# Exits 0 when every component reports healthy.
healthy() {
  python - "$1" <<'PY' 2>/dev/null
import json, sys, urllib.request
with urllib.request.urlopen(f"{sys.argv[1]}/api/v2/monitor/health", timeout=5) as answer:
    health = json.load(answer)
sys.exit(any(health[name]["status"] != "healthy" for name in ("metadatabase", "scheduler", "dag_processor")))
PY
}

port_taken() {
  python - "$AIRFLOW__API__PORT" <<'PY'
import socket, sys
with socket.socket() as probe:
    sys.exit(probe.connect_ex(("127.0.0.1", int(sys.argv[1]))) != 0)
PY
}

print_login() {
  local url=$1
  cat <<TEXT

Airflow is up:  $url/dags/localize_campaign
Login:          $(python -c 'import json,sys; print(*[f"{u} / {p}" for u, p in json.load(open(sys.argv[1])).items()])' "$passwords")
Log:            $log_file
Stop it with:   make down
TEXT
}

up() {
  mkdir -p "$AIRFLOW_HOME"
  export LOCALIZER_EDIT_SLOTS=${LOCALIZER_EDIT_SLOTS:-$(nproc)} # of the pool; estimates go by it
  if running; then
    url=$(<"$AIRFLOW_HOME/airflow.url")
    echo "Airflow is already running."
    print_login "$url"
    return
  fi
  url=http://127.0.0.1:$AIRFLOW__API__PORT
  if port_taken; then
    echo "Port $AIRFLOW__API__PORT is taken by another program; choose one: make up PORT=8081" >&2
    exit 1
  fi
  echo "Preparing the database and the sample campaign ..."
  airflow db migrate >"$log_file" 2>&1 || { tail -20 "$log_file" >&2; exit 1; }
  airflow pools set image_edit "$LOCALIZER_EDIT_SLOTS" "Image edits that may run at once" >>"$log_file" 2>&1
  python -m examples.generate >>"$log_file" 2>&1 || { tail -20 "$log_file" >&2; exit 1; }
  echo "$url" >"$AIRFLOW_HOME/airflow.url"
  # A session of its own: `down` stops the whole process group, and Ctrl-C here does not.
  setsid bash "$0" serve >>"$log_file" 2>&1 </dev/null &
  printf 'Starting Airflow (about half a minute) '
  for _ in $(seq 120); do
    if healthy "$url" && [ -s "$passwords" ]; then
      print_login "$url"
      return
    fi
    sleep 1.5
    printf '.'
    if [ -s "$pid_file" ] && ! running; then break; fi
  done
  printf '\nAirflow did not come up; the end of %s:\n' "$log_file" >&2
  tail -30 "$log_file" >&2
  down >/dev/null
  exit 1
}

serve() {
  echo $$ >"$pid_file"
  airflow api-server &
  airflow scheduler --skip-serve-logs &
  airflow dag-processor &
  airflow triggerer --skip-serve-logs &
  wait -n || true
  echo "A component ended; stopping the others."
  kill -TERM 0
}

down() {
  if ! running; then
    rm -f "$pid_file"
    echo "Airflow is not running."
    return
  fi
  local group
  group=$(<"$pid_file")
  kill -TERM -- "-$group"
  for _ in $(seq 40); do
    kill -0 -- "-$group" 2>/dev/null || break
    sleep 0.5
  done
  kill -KILL -- "-$group" 2>/dev/null || true
  rm -f "$pid_file"
  echo "Airflow is stopped."
}

case ${1:-} in
  up | down | serve) "$1" ;;
  *) echo "usage: $0 up|down" >&2; exit 2 ;;
esac
