#!/bin/sh
# Installs Mooring from the folder that this file lies in, without network. Run it again with a
# newer archive to upgrade.
set -eu

usage() {
  cat <<'TEXT'
usage: install.sh [OPTIONS]

As root it makes a service of the machine, otherwise one of your account.

  --answers FILE       set everything up from this answer file, unattended
  --passphrase-file FILE
                       opens the encrypted secrets of the answer file
  --quick              set everything up with defaults; the first password is in the log
  --hostname NAME      with --quick: the name that clients will use
  --container          run the container image with podman instead of the program
  --data DIR           where the data lies
                       (/var/lib/mooring, or ~/.local/share/mooring)
  --prefix DIR         where the program lies (/opt/mooring, or ~/.local/lib/mooring)
  --https-port N, --http-port N, --metrics-port N
                       ports of this machine instead of 8443, 8080 and 9091; with --answers
                       only for a container, inside which the ports stay these three
  --key KEY            minisign public key, or a file with one, that must have signed this
  --env NAME=VALUE     a setting of the server's process; may be repeated
  --no-start           leave the service stopped
  --uninstall          remove service and program; the data stays

Without --answers and --quick the server waits for its setup in a browser and says how.
TEXT
}

say() { printf '%s\n' "$*"; }
fail() {
  printf 'install.sh: %s\n' "$*" >&2
  exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

# Whatever the umask: what is installed is readable by the account that runs it.
umask 022
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
if [ "$(id -u)" = 0 ]; then
  scope=
  prefix=/opt/mooring
  data=/var/lib/mooring
  commands=/usr/local/bin
else
  scope=--user
  prefix=$HOME/.local/lib/mooring
  data=${XDG_DATA_HOME:-$HOME/.local/share}/mooring
  commands=$HOME/.local/bin
fi
answers=
passphrase=
mode=setup
hostname=
container=
key=${MOORING_RELEASE_KEY:-}
start=yes
uninstall=
settings=
ports=

# The folder of this file is where the work goes on.
absolute() {
  case $1 in
    /*) printf '%s\n' "$1" ;;
    *) printf '%s\n' "$PWD/$1" ;;
  esac
}

while [ $# -gt 0 ]; do
  option=$1
  case $option in
    --answers | --passphrase-file | --hostname | --data | --prefix | --key | --env | \
      --https-port | --http-port | --metrics-port)
      [ $# -ge 2 ] || fail "$option needs a value"
      value=$2
      shift 2
      ;;
    *) shift ;;
  esac
  case $option in
    --answers) answers=$(absolute "$value") mode=answers ;;
    --passphrase-file) passphrase=$(absolute "$value") ;;
    --quick) mode=quick ;;
    --hostname) hostname=$value ;;
    --container) container=--container ;;
    --data) data=$value ;;
    --prefix) prefix=$value ;;
    --https-port | --http-port | --metrics-port) ports="$ports $option $value" ;;
    --key)
      key=$value
      [ ! -f "$key" ] || key=$(absolute "$key")
      ;;
    --env) settings="$settings
$value" ;;
    --no-start) start= ;;
    --uninstall) uninstall=yes ;;
    --help | -h) usage && exit 0 ;;
    *)
      usage >&2
      fail "unknown option $option"
      ;;
  esac
done
for folder in "$data" "$prefix"; do
  case $folder in
    /*) ;;
    *) fail "$folder is not an absolute path" ;;
  esac
done
current=$prefix/current
content=$data
[ -z "$container" ] || content=$data/storage

mooring() { "$current/node/bin/node" "$current/server/bin/mooring.js" "$@"; }

check_origin() {
  cd -- "$here"
  [ -f SHA256SUMS ] || fail "SHA256SUMS is missing: unpack the whole archive, then run it from there"
  if [ -n "$key" ]; then
    has minisign || fail 'a key was given, but minisign is not installed to check the signature'
    [ -f SHA256SUMS.minisig ] || fail 'this archive is not signed'
    if [ -f "$key" ]; then
      minisign -Vqm SHA256SUMS -p "$key" || fail 'the signature is not by this key'
    else
      minisign -Vqm SHA256SUMS -P "$key" || fail 'the signature is not by this key'
    fi
    say 'signature: good'
  else
    say 'signature: not checked (no --key)'
  fi
  if has sha256sum; then
    sha256sum -c SHA256SUMS >/dev/null || fail 'a file is damaged: copy the archive again'
  elif has openssl; then
    while read -r sum file; do
      found=$(openssl dgst -sha256 -r "$file") || fail "$file is missing"
      [ "${found%% *}" = "$sum" ] || fail "$file is damaged: copy the archive again"
    done <SHA256SUMS
  else
    fail 'neither sha256sum nor openssl is installed to check the files'
  fi
  say 'checksums: good'
}

check_machine() {
  read -r version arch <VERSION
  case $(uname -m) in
    x86_64 | amd64) machine=x64 ;;
    aarch64 | arm64) machine=arm64 ;;
    *) machine=$(uname -m) ;;
  esac
  [ "$machine" = "$arch" ] || fail "this archive is for $arch, this machine is $machine"
  if [ -n "$container" ]; then
    has podman || fail 'podman is not installed; install it or leave --container away'
    [ -f image.tar ] || fail 'this archive holds no container image; leave --container away'
  fi
  [ -z "$answers" ] || [ -r "$answers" ] || fail "cannot read $answers"
  for word in $ports; do
    case $word in
      --*) ;;
      *[!0-9]*) fail "$word is not a port" ;;
    esac
  done
  if [ "$mode" = answers ] && [ -z "$container" ] && [ -n "$ports" ]; then
    fail "with --answers the ports are those of the answer file: leave$ports away"
  fi
}

# A version is there whole or not at all, and the link changes in one step.
install_program() {
  versions=$prefix/versions
  mkdir -p "$versions"
  target=$versions/$version
  rm -rf "$target.part"
  mkdir "$target.part"
  tar -xzpf program.tar.gz --no-same-owner -C "$target.part"
  "$target.part/node/bin/node" --version >/dev/null ||
    fail 'the program does not run here: a glibc system with libstdc++ is needed'
  if [ -d "$target" ]; then
    rm -rf "$target.old"
    mv "$target" "$target.old"
  fi
  mv "$target.part" "$target"
  chmod 755 "$prefix" "$versions" "$target"
  sync -f "$target" 2>/dev/null || sync
  rm -f "$prefix/current.part"
  ln -s "versions/$version" "$prefix/current.part"
  mv -fT "$prefix/current.part" "$current" 2>/dev/null || {
    rm -f "$current"
    mv "$prefix/current.part" "$current"
  }
  for old in "$versions"/*; do
    [ "$old" = "$target" ] || rm -rf "$old"
  done
  # What starting compiles is kept, while somebody who may write there is at work.
  mooring --help >/dev/null || fail 'the program does not start'
  say "program: $target"
}

install_command() {
  mkdir -p "$commands"
  if [ -n "$container" ]; then
    run="exec podman exec -i mooring mooring \"\$@\""
  else
    run="exec '$current/node/bin/node' '$current/server/bin/mooring.js' \"\$@\""
  fi
  cat >"$commands/mooring.part" <<TEXT
#!/bin/sh
# Written by install.sh: the mooring command on the data of the service.
[ "\${1-}" != service ] || exec '$current/node/bin/node' '$current/server/bin/mooring.js' "\$@"
: "\${MOORING_DATA_DIR:=$data}"
export MOORING_DATA_DIR
$run
TEXT
  chmod 755 "$commands/mooring.part"
  mv -f "$commands/mooring.part" "$commands/mooring"
  say "command: $commands/mooring"
}

install_service() {
  if [ -n "$container" ]; then
    podman load -q -i image.tar >/dev/null || fail 'podman cannot load the image'
    # shellcheck disable=SC2086 # options and numbers
    set -- --container --image "localhost/mooring:$version" $ports
  else
    set --
    # A setup proposes them and waits there; what is chosen in it counts afterwards.
    prefix=MOORING_SETUP
    [ "$mode" = setup ] || prefix=MOORING
    for word in $ports; do
      case $word in
        --https-port) name=${prefix}_HTTPS_PORT ;;
        --http-port) name=${prefix}_HTTP_PORT ;;
        --metrics-port) name=${prefix}_METRICS_PORT ;;
        *) set -- "$@" --env "$name=$word" ;;
      esac
    done
  fi
  [ -z "$scope" ] || set -- "$@" "$scope"
  [ "$mode" = quick ] || set -- "$@" --env MOORING_SETUP=1
  [ -z "$hostname" ] || set -- "$@" --env "MOORING_HOSTNAME=$hostname"
  while read -r setting; do
    [ -z "$setting" ] || set -- "$@" --env "$setting"
  done <<TEXT
$settings
TEXT
  set -- "$@" --program "$current" --data "$data"
  if [ "$mode" = answers ] && is_set_up; then
    say 'set up already: the answers are not applied again'
  elif [ "$mode" = answers ]; then
    mooring service install "$@" --no-start
    apply_answers
  fi
  if [ -n "$start" ]; then
    mooring service install "$@"
  elif [ "$mode" != answers ]; then
    mooring service install "$@" --no-start
  fi
}

is_set_up() {
  [ -f "$data/config/config.yaml" ] || return 1
  [ ! -f "$content/setup-state.json" ] || grep -q '"phase": "finished"' "$content/setup-state.json"
}

# The answers and the files that they name may be readable to root alone, so they arrive on
# standard input, whoever sets up.
apply_answers() {
  set -- --answers "$answers" --resolve
  [ -z "$passphrase" ] || set -- "$@" --passphrase-file "$passphrase"
  resolved=$(mooring setup "$@") || fail 'the answers cannot be read'
  # A setup that waits for somebody holds the data.
  # shellcheck disable=SC2086 # empty or one word
  mooring service stop $scope
  printf '%s\n' "$resolved" | set_up ||
    fail 'the answers were not applied; correct what is named and run the same command again'
}

set_up() {
  if [ -n "$container" ]; then
    owner=--user=1001:0
    [ -z "$scope" ] || owner=--userns=keep-id:uid=1001,gid=1001
    podman run --rm -i "$owner" --network=host --read-only --cap-drop=all \
      -v "$data/config:/conf/stack:Z" -v "$data/storage:/datastorage:Z" \
      "localhost/mooring:$version" setup --answers -
  elif [ -n "$scope" ]; then
    mooring setup --answers - --data "$data"
  else
    as_account mooring "$current/node/bin/node" "$current/server/bin/mooring.js" \
      setup --answers - --data "$data"
  fi
}

# With the right of the unit to low ports, where systemd grants it.
as_account() {
  account=$1
  shift
  if has setpriv; then
    if [ -d /run/systemd/system ]; then
      set -- --inh-caps=+net_bind_service --ambient-caps=+net_bind_service "$@"
    fi
    setpriv --reuid="$account" --regid="$account" --clear-groups "$@"
  elif has runuser; then
    runuser -u "$account" -- "$@"
  else
    fail 'neither setpriv nor runuser is installed to set up as the account mooring'
  fi
}

remove() {
  [ -x "$current/node/bin/node" ] || fail "nothing is installed in $prefix"
  # shellcheck disable=SC2086 # empty or one word
  mooring service uninstall $scope || say 'the service was not installed'
  rm -f "$commands/mooring"
  rm -rf "$prefix"
  say "removed $prefix; the data stays in $data"
}

say_next() {
  if [ -z "$start" ]; then
    say 'installed and not started; start it with: mooring service start'
    return
  fi
  case $mode in
    setup) say 'open this address in a browser; the log shows the fingerprint of its certificate' ;;
    quick) say 'the first account and its password are in the log' ;;
    answers) say 'the registry is set up and runs' ;;
  esac
}

if [ -n "$uninstall" ]; then
  remove
  exit 0
fi
check_origin
check_machine
install_program
install_command
install_service
say_next
