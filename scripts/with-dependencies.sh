#!/bin/sh
# Runs a command with the project's own Node and dependencies in place. A fresh clone has neither,
# so whatever the lock file names and node_modules lacks is installed first. With --production only
# what the server itself needs is: enough to start it, and a third faster.
set -eu
cd "$(dirname "$0")/.."
whole=node_modules/.mooring-lock
enough=$whole
omit=
if [ "$1" = --production ]; then
  shift
  # Where somebody develops, what development needs stays.
  if [ ! -f "$whole" ] && [ ! -d node_modules/typescript ]; then
    enough=node_modules/.mooring-production-lock
    omit=--omit=dev
  fi
fi
if ! cmp -s package-lock.json "$whole" && ! cmp -s package-lock.json "$enough"; then
  echo "mooring: installing dependencies (npm ci)" >&2
  npm ci $omit --no-audit --no-fund --loglevel=error >&2
  cp package-lock.json "$enough"
fi
PATH="$PWD/node_modules/.bin:$PATH" exec "$@"
