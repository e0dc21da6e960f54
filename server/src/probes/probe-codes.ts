import { networkCodes } from './network-codes.ts'

/**
 * What live checks find wrong: the code that programs depend on, one sentence, one next step, in
 * which `{name}` is a fact of the case. Codes are never given a second meaning. Those of
 * certificates themselves are in @mooring/certs.
 */
export const probeCodes = {
  ...networkCodes,
  'MOOR-SYS-001': {
    text: 'The clock shows {now}, which is before this version was made',
    next: 'set the clock: timedatectl set-time "YYYY-MM-DD hh:mm:ss", then hwclock --systohc',
  },
  'MOOR-SYS-002': {
    text: 'The clock shows {now}, more than 15 years after this version was made',
    next: 'set the clock: timedatectl set-time "YYYY-MM-DD hh:mm:ss", then hwclock --systohc',
  },
  'MOOR-SYS-003': {
    text: 'Nothing keeps the clock right',
    next: 'switch on time synchronisation: timedatectl set-ntp true, with a time server of the site',
  },
  'MOOR-SYS-004': {
    text: 'There is {size} of memory, and the server needs 2 GiB',
    next: 'give this machine or its container at least 2 GiB, better 4 GiB',
  },
  'MOOR-SYS-005': {
    text: 'There is {size} of memory, which is little',
    next: 'give this machine or its container 4 GiB where many clients pull at once',
  },
  'MOOR-SYS-006': {
    text: 'Programs for {architecture} processors are not part of this product',
    next: 'use a machine with an x86-64 or ARM64 processor',
  },
  'MOOR-SYS-007': {
    text: 'Files that this server makes can be written by others: its umask is {umask}',
    next: 'start it with umask 0027 or stricter: UMask=0027 in its unit',
  },
  'MOOR-SYS-008': {
    text: 'Ports below 1024 cannot be opened by this user',
    next: 'use ports such as 8443 and 8080, or allow it: sysctl net.ipv4.ip_unprivileged_port_start=80',
  },
  'MOOR-SYS-009': {
    text: 'A registry is installed here already: {place}',
    next: 'upgrade or repair that one, or give this one a data directory of its own with --data',
  },
  'MOOR-SYS-010': {
    text: '{path} has the SELinux label {label}, which containers may not use',
    next: 'mount it with :Z, or run: chcon -R -t container_file_t {path}',
  },
  'MOOR-SYS-011': {
    text: 'AppArmor confines this process by the profile {profile}',
    next: 'allow the data directory and the ports in that profile: aa-logprof',
  },
  'MOOR-SYS-012': {
    text: 'The kernel runs in FIPS mode and the cryptography of this process does not',
    next: 'start Node with --force-fips and an OpenSSL that has the FIPS provider',
  },
  'MOOR-SYS-013': {
    text: 'This program is not complete: {file} is missing',
    next: 'install it again from its archive',
  },
  'MOOR-SYS-014': {
    text: '{path} can be read by everybody on this machine (mode {mode})',
    next: 'run: chmod {wanted} {path}',
  },
  'MOOR-SYS-015': {
    text: '{path} belongs to user {owner}, not to the server',
    next: 'run: chown -R {user} {path}',
  },
  'MOOR-SYS-016': {
    text: '{path} cannot be used: {reason}',
    next: 'give the account of the server the right to read and write it',
  },
  'MOOR-SYS-099': {
    text: 'The check itself broke off: {reason}',
    next: 'run it again; if it stays, look at the log of the server',
  },

  'MOOR-STO-001': {
    text: '{path} cannot be created or written: {reason}',
    next: 'create it and give it to the server: install -d -o {user} -m 0700 {path}',
  },
  'MOOR-STO-002': {
    text: '{path} lies on {kind}, which cannot hold the content of a registry',
    next: 'choose a folder on ext4, xfs, btrfs or zfs',
  },
  'MOOR-STO-003': {
    text: '{path} lies on {kind}: {reason}',
    next: 'choose a folder on a local disk if there is one',
  },
  'MOOR-STO-004': {
    text: 'Only {free} is free at {path}',
    next: 'make room or choose a larger disk; 5 GiB is the least',
  },
  'MOOR-STO-005': {
    text: 'Only {free} is free at {path}, which a few images fill',
    next: 'choose a larger disk if more than a few images are to come',
  },
  'MOOR-STO-006': {
    text: 'Only {inodes} more files can be made at {path}',
    next: 'make the file system again with more inodes, or choose another',
  },
  'MOOR-STO-007': {
    text: 'What was written to {path} could not be read back: {reason}',
    next: 'have the disk examined: dmesg, smartctl',
  },
  'MOOR-STO-008': {
    text: 'Writing to {path} failed: {reason}',
    next: 'put right what is named, or choose another folder',
  },
  'MOOR-STO-009': {
    text: '{path} writes {rate} MB/s and takes {sync} ms to be sure of it, which makes pushes slow',
    next: 'choose a faster disk',
  },
  'MOOR-STO-010': {
    text: '{path} does not tell capital letters from small ones',
    next: 'choose a file system that does',
  },
  'MOOR-STO-011': {
    text: '{path} cannot rename or link files: {reason}',
    next: 'choose a folder on ext4, xfs, btrfs or zfs',
  },
  'MOOR-STO-012': {
    text: '{path} holds {count} other files',
    next: 'choose an empty folder',
  },
  'MOOR-STO-013': {
    text: 'Others may look into {path} (mode {mode})',
    next: 'run: chmod 0700 {path}',
  },
  'MOOR-STO-014': {
    text: '{path} belongs to user {owner}',
    next: 'run: chown -R {user} {path}',
  },
  'MOOR-STO-015': {
    text: 'The disk of {path} is full to {percent} %',
    next: 'collect garbage (mooring gc run), delete tags or add room',
  },
  'MOOR-STO-020': {
    text: 'The S3 service {endpoint} does not answer: {reason}',
    next: 'check the address, the authority of its certificate and the way there',
  },
  'MOOR-STO-021': {
    text: 'There is no bucket {bucket}',
    next: 'create it, or correct its name and region',
  },
  'MOOR-STO-022': {
    text: 'The S3 service refuses the access key or its rights: {reason}',
    next: 'enter the keys again; they need to put, get, list and delete in {bucket}',
  },
  'MOOR-STO-023': {
    text: 'The clocks of this host and of the S3 service differ by {seconds} seconds',
    next: 'set the clock that is wrong',
  },
  'MOOR-STO-024': {
    text: 'The S3 service cannot do what the registry needs ({action}): {reason}',
    next: 'choose another service, or have this one put right',
  },

  'MOOR-DB-010': {
    text: 'PostgreSQL cannot be reached at {host} port {port}: {reason}',
    next: 'check address and port, listen_addresses in postgresql.conf and the firewall',
  },
  'MOOR-DB-011': {
    text: 'PostgreSQL does not accept the user {user}: {reason}',
    next: 'correct user and password, or the lines of pg_hba.conf',
  },
  'MOOR-DB-012': {
    text: 'There is no database {database}',
    next: 'create it: createdb -O {user} -E UTF8 {database}',
  },
  'MOOR-DB-013': {
    text: 'TLS with PostgreSQL failed: {reason}',
    next: 'give the authority of its certificate, or choose another TLS mode',
  },
  'MOOR-DB-014': {
    text: 'PostgreSQL is of version {version}, and 13 is the least',
    next: 'upgrade PostgreSQL',
  },
  'MOOR-DB-015': {
    text: 'The user {user} may not create tables: {reason}',
    next: 'run: ALTER DATABASE {database} OWNER TO {user}; ALTER SCHEMA public OWNER TO {user}',
  },
  'MOOR-DB-016': {
    text: 'The database is encoded in {encoding}',
    next: 'create it with UTF8: createdb -O {user} -E UTF8 -T template0 {database}',
  },
  'MOOR-DB-017': {
    text: 'PostgreSQL does not have the extension pg_trgm',
    next: 'install the package postgresql-contrib; without it searches are slower',
  },
  'MOOR-DB-018': {
    text: 'PostgreSQL takes {milliseconds} ms to answer',
    next: 'put the database nearer to this host: every request asks it several times',
  },
  'MOOR-DB-019': {
    text: 'The database is damaged: {reason}',
    next: 'stop the server and restore the last backup: mooring backup restore',
  },
  'MOOR-DB-020': {
    text: 'The database cannot be opened: {reason}',
    next: 'check that the file is there and belongs to the account of the server',
  },
  'MOOR-DB-021': {
    text: 'The database {database} is a copy that only reads',
    next: 'give the address of the primary server',
  },

  'MOOR-CFG-100': {
    text: 'config.yaml cannot be used: {reason}',
    next: 'correct it; mooring config validate says every mistake',
  },
  'MOOR-CFG-101': {
    text: 'There is no config.yaml in {path}',
    next: 'name the directories with --data and --config, or run mooring serve',
  },

  'MOOR-BAK-100': {
    text: 'No backup was ever made',
    next: 'make one: mooring backup create DIRECTORY',
  },
  'MOOR-BAK-101': {
    text: 'The last backup is {days} days old',
    next: 'make one: mooring backup create DIRECTORY, and have it run every night',
  },
  'MOOR-BAK-102': {
    text: 'The last backup failed: {reason}',
    next: 'put right what is named and run it again',
  },
} as const

export type ProbeCode = keyof typeof probeCodes
