import type { BundleEntry, BundlePlan } from './bundle.ts'
import { deletionLine, entryLine } from './bundle-lists.ts'
import { names } from './bundle-names.ts'
import { canonicalJson, compareText } from './canonical-json.ts'
import { compatFiles } from './compat-index.ts'

/** What is written from the plan alone and stands in every volume. */
export interface TextFile {
  readonly name: string
  readonly bytes: Buffer
}

const referenceName = 'org.opencontainers.image.ref.name'
const indexType = 'application/vnd.oci.image.index.v1+json'

export const layoutText = '{"imageLayoutVersion":"1.0.0"}'

/** Layout, index, entries, proposal and the small layouts; without README, description, blobs.jsonl. */
export function commonFiles(plan: BundlePlan, compatIndex: boolean): readonly TextFile[] {
  const entries = sortedEntries(plan)
  const text = (name: string, content: string) => ({ name, bytes: Buffer.from(content) })
  return [
    text(names.layout, layoutText),
    text(names.index, indexText(entries)),
    text(names.entries, linesText(entries.map(entryLine))),
    ...(plan.deletions === undefined
      ? []
      : [text(names.deletions, linesText([...plan.deletions].sort().map(deletionLine)))]),
    ...(compatIndex ? compatFiles(entries) : []),
  ]
}

export const linesText = (lines: readonly string[]): string =>
  lines.map((line) => `${line}\n`).join('')

function sortedEntries({ entries }: BundlePlan): readonly BundleEntry[] {
  return [...entries].sort((a, b) => compareText(a.reference, b.reference))
}

/** Referrers have no name of their own, but have to be roots for tools that look for subjects. */
function indexText(entries: readonly BundleEntry[]): string {
  const named = new Set(entries.filter(({ role }) => role === 'root').map(({ digest }) => digest))
  const listed = new Set<string>()
  const manifests = entries.flatMap((entry) => {
    if (entry.role === 'root') return [descriptor(entry, entry.reference)]
    if (named.has(entry.digest) || listed.has(entry.digest)) return []
    listed.add(entry.digest)
    return [descriptor(entry, undefined)]
  })
  return canonicalJson({ schemaVersion: 2, mediaType: indexType, manifests })
}

export function descriptor(entry: BundleEntry, name: string | undefined) {
  const { mediaType, digest, sizeBytes, artifactType } = entry
  return {
    ...{ mediaType, digest, size: sizeBytes, artifactType },
    annotations: name === undefined ? undefined : { [referenceName]: name },
  }
}
