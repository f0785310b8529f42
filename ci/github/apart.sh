# shellcheck shell=bash
# Sourced first by each step of action.yml, which has started `bash -p` on its script: that reads no BASH_ENV and takes no function,
# CDPATH or SHELLOPTS from the environment. The workspace is untrusted, and nothing in it may be found by its name. So the step starts
# again with the variables below alone, no folder of the workspace in PATH, and no PYTHON*, PIP_* or UV_* but those that say how an
# index is reached; and it runs in an empty folder outside the workspace. Until then, only builtins run.
#
# The second start is what takes away exported functions: bash passes variables on whose names it cannot hold (BASH_FUNC_sed%%).
# That variables are chosen, and not left to `python -I` to ignore, is for those that it does not: PYTHONEXECUTABLE, __PYVENV_LAUNCHER__.

if declare -F apart_from_workspace >/dev/null; then return; fi # the second start

refuse() {
  printf 'batten: %s\n' "$1" >&2
  exit 2
}

# Whether $1 is an absolute path of a folder that exists, or of something in one, outside the workspace.
outside() {
  local folder=$1
  case $folder in /*) ;; *) return 1 ;; esac
  [ -d "$folder" ] || folder=${folder%/*}/
  folder=$(cd -P -- "$folder" 2>/dev/null && pwd -P) || return 1
  case $folder/ in "$workspace"/*) return 1 ;; esac
}

# Sets `cleaned` to the folders of a search path that are outside the workspace.
clean() {
  local folder rest=$1:
  cleaned=''
  while [ -n "$rest" ]; do
    folder=${rest%%:*}
    rest=${rest#*:}
    if [ -d "$folder" ] && outside "$folder"; then cleaned=${cleaned:+$cleaned:}$folder; fi
  done
}

# Sets `workspace`, its real path, and `apart`, the folder of the action.
places() {
  workspace=$(cd -P -- "$GITHUB_WORKSPACE" && pwd -P) || refuse "GITHUB_WORKSPACE is not a folder"
  apart=$RUNNER_TEMP/batten
}

if [ "$0" != "${BASH_SOURCE[0]}" ]; then
  places
  outside "$RUNNER_TEMP" || refuse "RUNNER_TEMP is inside the workspace: files of the checkout could replace batten"
  clean "$PATH"
  PATH=$cleaned
  clean "${LD_LIBRARY_PATH:-}" # setup-python names its library there
  LD_LIBRARY_PATH=$cleaned
  kept=()
  for name in $(compgen -e); do
    case $name in
      PYTHON | KEPT | WHEELS | REVIEWED | GATE | SINCE | POLICY | FORMAT | UPLOAD | CODE) ;; # what the steps are given
      GITHUB_ACTION_PATH | GITHUB_OUTPUT | GITHUB_STEP_SUMMARY | GITHUB_WORKSPACE | RUNNER_TEMP) ;;
      PATH | LANG | LANGUAGE | LC_* | TZ | CI | NO_COLOR | BATTEN_TRACEBACK) ;;
      HTTP_PROXY | HTTPS_PROXY | ALL_PROXY | NO_PROXY | http_proxy | https_proxy | all_proxy | no_proxy) ;;
      PIP_INDEX_URL | PIP_EXTRA_INDEX_URL | PIP_TRUSTED_HOST | PIP_PROXY | PIP_TIMEOUT | PIP_DEFAULT_TIMEOUT | PIP_RETRIES) ;;
      LD_LIBRARY_PATH) [ -n "$LD_LIBRARY_PATH" ] || continue ;;
      HOME | TMPDIR | XDG_STATE_HOME | XDG_CACHE_HOME | PIP_CERT | PIP_CLIENT_CERT | SSL_CERT_FILE | SSL_CERT_DIR | REQUESTS_CA_BUNDLE)
        outside "${!name}" || continue
        ;;
      *) continue ;;
    esac
    kept+=("$name")
  done
  # A pipe, since arguments of a process are no place for the password of an index.
  exec -c "$BASH" --noprofile --norc -peo pipefail "${BASH_SOURCE[0]}" "$0" 3< <(declare -p "${kept[@]}")
fi

eval "$(</dev/fd/3)"
exec 3<&-
places
for name in PYTHON KEPT WHEELS REVIEWED GATE SINCE POLICY FORMAT UPLOAD CODE; do export -n "${name?}"; done
mkdir -p -- "$apart/empty"
outside "$apart/empty" || refuse "$apart leads into the workspace"
cd -- "$apart/empty"
unset OLDPWD
export HOME="${HOME:-$apart/empty}"
# For interpreters that pip starts without -I.
export PYTHONSAFEPATH=1 PYTHONNOUSERSITE=1 PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
apart_from_workspace() { :; }
# shellcheck source=/dev/null
. "$1"
