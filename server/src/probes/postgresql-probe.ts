import type { PostgresqlConfig } from '../config/config.ts'
import {
  codeOf,
  doubtful,
  fine,
  probing,
  reasonOf,
  wrong,
  type Facts,
  type Outcome,
  type Probe,
  type ProbeContext,
} from './probe.ts'

const leastVersion = 130_000
const slowMs = 20
const asks = 9

/** Whether the registry can keep its records in a PostgreSQL database. */
export async function* probePostgresql(config: PostgresqlConfig, context: ProbeContext): Probe {
  const [{ openPostgresql }, facts, { Kysely }] = await Promise.all([
    import('../db/postgresql.ts'),
    import('../db/postgresql-facts.ts'),
    import('kysely'),
  ])
  const about = describe(config)
  let close: (() => Promise<void>) | undefined
  const { clock } = context
  let db: InstanceType<typeof Kysely<unknown>> | undefined
  try {
    const trying = `Connecting to PostgreSQL at ${about.host}`
    const connected = yield* probing(context, 'postgresql:connect', trying, async () => {
      try {
        const opened = await openPostgresql(config, {})
        close = () => opened.close()
        db = new Kysely<unknown>({ dialect: opened.dialect })
        const found = await facts.readPostgresqlFacts(db)
        return judge(found, about)
      } catch (error) {
        return explain(error, about)
      }
    })
    if (connected === 'failed' || db === undefined) return 'failed'
    const database = db
    const rights = yield* probing(context, 'postgresql:rights', 'Creating a table', async () => {
      try {
        await facts.tryPostgresqlRights(database)
        return fine('Tables can be created')
      } catch (error) {
        return wrong('MOOR-DB-015', { ...about, reason: reasonOf(error) })
      }
    })
    const speed = yield* probing(context, 'postgresql:speed', 'Measuring the answers', async () => {
      const times: number[] = []
      for (let turn = 0; turn < asks; turn++) {
        const begun = clock.now()
        await facts.askPostgresql(database)
        times.push(clock.now() - begun)
      }
      const milliseconds = times.toSorted((a, b) => a - b)[Math.floor(asks / 2)] ?? 0
      if (milliseconds > slowMs) return doubtful('MOOR-DB-018', { milliseconds })
      return fine(`It answers within ${milliseconds} ms`, { milliseconds })
    })
    return rights === 'failed' ? rights : connected === 'ok' ? speed : connected
  } finally {
    await db?.destroy().catch(() => undefined)
    await close?.().catch(() => undefined)
  }
}

type About = Facts & {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
}

function describe({ url }: PostgresqlConfig): About {
  const { hostname, port, username, pathname } = new URL(url.reveal())
  return {
    host: hostname,
    port: port === '' ? 5432 : Number(port),
    user: decodeURIComponent(username),
    database: decodeURIComponent(pathname.slice(1)),
  }
}

function judge(
  found: {
    readonly version: number
    readonly versionText: string
    readonly encoding: string
    readonly isStandby: boolean
    readonly hasTrigrams: boolean
  },
  about: About,
): Outcome {
  const facts = { ...about, version: found.versionText, encoding: found.encoding }
  if (found.version < leastVersion) return wrong('MOOR-DB-014', facts)
  if (found.encoding !== 'UTF8') return wrong('MOOR-DB-016', facts)
  if (found.isStandby) return wrong('MOOR-DB-021', facts)
  if (!found.hasTrigrams) return doubtful('MOOR-DB-017', facts)
  return fine(`PostgreSQL ${found.versionText}, ${found.encoding}`, facts)
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
function explain(error: unknown, about: About): Outcome {
  const reason = reasonOf(error)
  const code = codeOf(error) ?? ''
  if (code === '3D000') return wrong('MOOR-DB-012', about)
  if (code.startsWith('28')) return wrong('MOOR-DB-011', { ...about, reason })
  if (code === '42501') return wrong('MOOR-DB-015', { ...about, reason })
  const isTls = /certificate|self-signed|SSL|TLS/i.test(reason) || /^(?:ERR_TLS|CERT_)/.test(code)
  return wrong(isTls ? 'MOOR-DB-013' : 'MOOR-DB-010', { ...about, reason })
}
