#!/bin/sh
# Runs a command with the project's own Node and dependencies in place. A fresh clone has neither,
# so whatever the lock file names and node_modules lacks is installed first.
set -eu
cd "$(dirname "$0")/.."
stamp=node_modules/.mooring-lock
if ! cmp -s package-lock.json "$stamp"; then
  echo "mooring: installing dependencies (npm ci)" >&2
  npm ci --no-audit --no-fund --loglevel=error >&2
  cp package-lock.json "$stamp"
fi
PATH="$PWD/node_modules/.bin:$PATH" exec "$@"
