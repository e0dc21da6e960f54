import { accountKinds } from './account-kinds.ts'
import { applianceKinds } from './appliance-kinds.ts'
import { applicationKinds } from './application-kinds.ts'
import { bundleKinds } from './bundle-kinds.ts'
import type { LogKinds, LogRow } from './log-kind.ts'
import { wordsOf } from './metadata-words.ts'
import { mirrorKinds } from './mirror-kinds.ts'
import { organizationKinds } from './organization-kinds.ts'
import { repositoryKinds } from './repository-kinds.ts'
import { upstreamKinds } from './upstream-kinds.ts'

/** Every kind that a log may have. One that is not here is shown by its own name. */
export const logKinds: LogKinds = {
  ...accountKinds,
  ...repositoryKinds,
  ...mirrorKinds,
  ...organizationKinds,
  ...applicationKinds,
  ...applianceKinds,
  ...upstreamKinds,
  ...bundleKinds,
}

export const kindLabel = (kind: string) => logKinds[kind]?.label() ?? kind

/** What happened, as a sentence. */
export function logText(row: LogRow, locale: string): string {
  const kind = logKinds[row.kind]
  if (kind !== undefined) return kind.text(wordsOf(row, locale))
  const said = Object.keys(row.metadata).length === 0 ? '' : ` ${JSON.stringify(row.metadata)}`
  return row.kind + said
}
