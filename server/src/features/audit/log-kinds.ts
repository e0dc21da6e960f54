import { logKinds } from '../../db/migrations/0001-log-kinds.ts'
import { applianceKinds, firstApplianceKindId } from '../../db/migrations/0013-appliance-kinds.ts'
import { bundleKinds, firstBundleKindId } from '../../db/migrations/0017-kept-bundles.ts'
import { firstUpstreamKindId, upstreamKinds } from '../../db/migrations/0015-mirror-log.ts'

export type LogKind =
  | (typeof logKinds)[number]
  | (typeof applianceKinds)[number]
  | (typeof upstreamKinds)[number]
  | (typeof bundleKinds)[number]

const ids = new Map<LogKind, number>([
  ...logKinds.map((kind, at) => [kind, at + 1] as const),
  ...applianceKinds.map((kind, at) => [kind, firstApplianceKindId + at] as const),
  ...upstreamKinds.map((kind, at) => [kind, firstUpstreamKindId + at] as const),
  ...bundleKinds.map((kind, at) => [kind, firstBundleKindId + at] as const),
])
const names = new Map([...ids].map(([kind, id]) => [id, kind]))

export function logKindId(kind: LogKind): number {
  const id = ids.get(kind)
  if (id === undefined) throw new Error(`unknown log kind ${kind}`)
  return id
}

export function logKindName(id: number): LogKind {
  const kind = names.get(id)
  if (kind === undefined) throw new Error(`unknown log kind ${String(id)}`)
  return kind
}
