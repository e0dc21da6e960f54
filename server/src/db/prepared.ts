import { CompiledQuery, sql, SqliteAdapter, type Compilable } from 'kysely'

import type { Db } from './tables.ts'

/** Stands in a query where a value will be. Kysely carries it through to the list of parameters. */
class Marker {
  readonly name: PropertyKey

  constructor(name: PropertyKey) {
    this.name = name
  }
}

/** Runs a read without the pool and the queue in front of the connection that writes. */
export interface DirectReader {
  all(sql: string, parameters: readonly unknown[]): unknown[]
}

const readers = new WeakMap<Db, DirectReader>()

/** From now on prepared reads on this database, outside of its transactions, go to the reader. */
export function useDirectReader(db: Db, reader: DirectReader): void {
  readers.set(db, reader)
}

type Param<Values> = <K extends keyof Values>(name: K) => Values[K]

interface Plan<Values> {
  readonly sql: string
  readonly bind: (values: Values) => unknown[]
}

/**
 * A read that is built and compiled once per database and run many times: the builder costs more
 * than SQLite does. `build` sees a marker where a value belongs, so it must not look at one, and the
 * number of values is fixed (no `in` over a list).
 *
 * ```ts
 * const findTag = prepared<{ repository: number; tag: string }>()((param, db) =>
 *   db.selectFrom('tag').selectAll()
 *     .where('repository_id', '=', param('repository')).where('live_name', '=', param('tag')))
 * const [tag] = await findTag(tx, { repository: 1, tag: 'latest' })
 * ```
 */
export function prepared<Values extends object>() {
  return <Row>(build: Build<Values, Row>) => {
    const planFor = plansOf(build, lookedUp)

    return async (executor: Db, values: Values): Promise<Row[]> => {
      const { sql: text, bind } = planFor(executor)
      const reader = readers.get(executor)
      if (reader) return reader.all(text, bind(values)) as Row[]
      const query = CompiledQuery.raw(text, bind(values)) as CompiledQuery<Row>
      return (await executor.executeQuery(query)).rows
    }
  }
}

/**
 * The same for a write, which what is done very often is worth. The promise is of how many rows it
 * inserted, changed or deleted.
 */
export function preparedWrite<Values extends object>() {
  return (build: Build<Values, unknown>) => {
    const planFor = plansOf(build, asItIs)

    return async (executor: Db, values: Values): Promise<number> => {
      const { sql: text, bind } = planFor(executor)
      const done = await executor.executeQuery(CompiledQuery.raw(text, bind(values)))
      return Number(done.numAffectedRows ?? 0)
    }
  }
}

type Build<Values, Row> = (param: Param<Values>, db: Db) => Compilable<Row>
/** What stands in the query for a value. */
type Stand = (marker: Marker, db: Db) => unknown

// SQLite plans a join anew for each bound value it could look at, which costs ten times the look-up;
// behind a scalar subquery it cannot. PostgreSQL decides by itself, and needs the bare parameter to
// know its type.
const lookedUp: Stand = (marker, db) =>
  db.getExecutor().adapter instanceof SqliteAdapter ? sql`(select ${marker})` : marker
const asItIs: Stand = (marker) => marker

function plansOf<Values extends object, Row>(build: Build<Values, Row>, stand: Stand) {
  // One adapter object serves a database and all its transactions.
  const plans = new WeakMap<object, Plan<Values>>()

  return (executor: Db): Plan<Values> => {
    const { adapter } = executor.getExecutor()
    let plan = plans.get(adapter)
    if (!plan) {
      plan = compile(build, executor, stand)
      plans.set(adapter, plan)
    }
    return plan
  }
}

function compile<Values extends object, Row>(
  build: Build<Values, Row>,
  db: Db,
  stand: Stand,
): Plan<Values> {
  // The builder only passes the value on; that it is a marker shows in the compiled parameters alone.
  const param: Param<Values> = (name) => stand(new Marker(name), db) as never
  const { sql: text, parameters } = build(param, db).compile()
  return {
    sql: text,
    bind: (values) =>
      parameters.map((value) =>
        value instanceof Marker ? values[value.name as keyof Values] : value,
      ),
  }
}
