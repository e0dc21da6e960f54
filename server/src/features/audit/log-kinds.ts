import { logKinds } from '../../db/migrations/0001-log-kinds.ts'

export type LogKind = (typeof logKinds)[number]

const ids = new Map<LogKind, number>(logKinds.map((kind, at) => [kind, at + 1]))

export function logKindId(kind: LogKind): number {
  const id = ids.get(kind)
  if (id === undefined) throw new Error(`unknown log kind ${kind}`)
  return id
}
