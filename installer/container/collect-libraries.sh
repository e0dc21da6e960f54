#!/bin/sh
# Copies the shared libraries that programs need, from this system into a root of their own.
# usage: collect-libraries.sh FILE-WITH-PROGRAMS ROOT
set -eu
root=$2

copy() {
  mkdir -p "$root${1%/*}"
  # A library may be a link to its version.
  [ -e "$root$1" ] || cp -L "$1" "$root$1"
}

while read -r program; do
  ldd "$program" >/tmp/libraries
  while read -r name arrow file _; do
    case $arrow:$name in
      '=>:'*) ;;
      *:/*) file=$name ;;
      *) continue ;;
    esac
    [ -e "$file" ] || { echo "the base image lacks $name" >&2 && exit 1; }
    copy "$file"
    case $name in
      libc.so.*)
        # Looked up by name while running: what finds hosts in DNS and in /etc/hosts.
        for library in libresolv.so.2 libnss_dns.so.2 libnss_files.so.2; do
          [ ! -e "${file%/*}/$library" ] || copy "${file%/*}/$library"
        done
        ;;
    esac
  done </tmp/libraries
done <"$1"
