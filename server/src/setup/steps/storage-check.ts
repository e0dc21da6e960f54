import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { PostgresqlConfig } from '../../config/config.ts'
import { Secret } from '../../config/secret.ts'
import type { TestLine } from '../../contract/setup.ts'
import { probeDirectory } from '../../probes/directory-probe.ts'
import { probePostgresql } from '../../probes/postgresql-probe.ts'
import { probeBucket } from '../../probes/s3-probe.ts'
import { probeSpace } from '../../probes/space-probe.ts'
import { storageMarker } from '../apply/storage-task.ts'
import { bracketed } from '../registry-address.ts'
import type { CheckContext, RevealedValues } from '../step.ts'
import { thisHost } from './this-host.ts'

type Values = RevealedValues['storage']
type Postgresql = Extract<Values['database'], { kind: 'postgresql' }>

const connectTimeoutMs = 8_000

/** Written to and read back for real, wherever it is. */
export async function* checkStorage(
  { where, database }: Values,
  context: CheckContext,
): AsyncGenerator<TestLine> {
  const { random, machine } = context
  const { root, userId } = thisHost()
  if (where.kind === 'disk') {
    const about = { folder: where.path, random, root, userId, marker: storageMarker }
    yield* probeDirectory(about, context)
  } else {
    // The database and the configuration stay here.
    yield* probeSpace({ folder: machine.dataDir }, context)
    const credentials = { accessKeyId: where.accessKey, secretAccessKey: where.secretKey }
    const ca = where.ca === null ? [] : [where.ca]
    yield* probeBucket({ ...where, credentials, ca, random }, context)
  }
  if (database.kind === 'postgresql') yield* checkPostgresql(database, context)
}

/** By the very connection that the server will make, which reads its authority from a file. */
async function* checkPostgresql(
  database: Postgresql,
  context: CheckContext,
): AsyncGenerator<TestLine> {
  const folder = await mkdtemp(path.join(tmpdir(), 'mooring-setup-'))
  try {
    const authority = path.join(folder, 'database.pem')
    const { ca } = database
    if (ca !== null) await writeFile(authority, ca, { mode: 0o600 })
    const { host, port, user, password, tls } = database
    const login = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`
    const place = `${bracketed(host)}:${port}/${encodeURIComponent(database.database)}`
    const config: PostgresqlConfig = {
      kind: 'postgresql',
      url: new Secret(`postgresql://${login}@${place}`),
      // As in config.yaml: the authority counts where certificates are verified.
      tls: {
        mode: tls,
        ...(ca !== null && tls.startsWith('verify-') && { rootCertificateFile: authority }),
      },
      connectTimeoutMs,
      maxConnections: 2,
    }
    yield* probePostgresql(config, context)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
