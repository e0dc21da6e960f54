import { logKinds } from '../../db/migrations/0001-log-kinds.ts'

export type LogKind = (typeof logKinds)[number]

const ids = new Map<LogKind, number>(logKinds.map((kind, at) => [kind, at + 1]))

export function logKindId(kind: LogKind): number {
  const id = ids.get(kind)
  if (id === undefined) throw new Error(`unknown log kind ${kind}`)
  return id
}

export function logKindName(id: number): LogKind {
  const kind = logKinds[id - 1]
  if (kind === undefined) throw new Error(`unknown log kind ${String(id)}`)
  return kind
}
