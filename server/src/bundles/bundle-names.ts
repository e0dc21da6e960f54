import { digestAlgorithm, digestHex, type Digest } from '../storage/digest.ts'

/** The names in a volume: nothing else belongs there. */
export const names = {
  layout: 'oci-layout',
  index: 'index.json',
  description: 'mooring/manifest.json',
  signature: 'mooring/manifest.json.minisig',
  entries: 'mooring/entries.jsonl',
  blobs: 'mooring/blobs.jsonl',
  deletions: 'mooring/delete-proposal.jsonl',
  /** Only after a resplit: where the blobs went, instead of what blobs.jsonl says. */
  volumes: 'mooring/volumes.jsonl',
  sums: 'SHA256SUMS',
  readme: 'README.txt',
  /** While a bundle is being written. */
  journal: '.mooring-writing.jsonl',
  /** The same, for people. */
  note: 'UNFINISHED.txt',
} as const

const fixed: ReadonlySet<string> = new Set(
  Object.values(names).filter((name) => name !== names.journal && name !== names.note),
)
const blobName = /^blobs\/(?:sha256\/[a-f0-9]{64}|sha512\/[a-f0-9]{128})(?:\.part-\d{4})?$/
const compatName =
  /^compat\/(?:[a-z0-9[][a-z0-9.:[\]_-]{0,254}\/){1,20}(?:index\.json|oci-layout|blobs)$/

export const blobPath = (digest: Digest): string =>
  `blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`

export const partPath = (digest: Digest, number: number): string =>
  `${blobPath(digest)}.part-${String(number).padStart(4, '0')}`

export const mostParts = 9999

export const isBlobName = (name: string): boolean => blobName.test(name)

/** `compat/…/blobs` is a link, everything else in there a file. */
export const isCompatName = (name: string): boolean => compatName.test(name)

export const isVolumeName = (name: string): boolean =>
  fixed.has(name) || blobName.test(name) || compatName.test(name)

export const volumeFolder = (number: number): string => `vol-${String(number).padStart(3, '0')}`

export const isVolumeFolder = (name: string): boolean => /^vol-\d{3,5}$/.test(name)

export interface TarKind {
  readonly isSplit: boolean
  readonly isEncrypted: boolean
}

export function tarName(id: string, number: number, { isSplit, isEncrypted }: TarKind): string {
  const tar = isSplit ? `bundle-${id}.${volumeFolder(number)}.tar` : `bundle-${id}.tar`
  return isEncrypted ? `${tar}.age` : tar
}

export const isTarName = (name: string): boolean =>
  /^bundle-[0-9A-Z]{26}(?:\.vol-\d{3,5})?\.tar(?:\.age)?$/.test(name)

/** Beside an encrypted volume: what `sha256sum -c` reads. */
export const sumsName = (volume: string): string => `${volume}.sha256`

/** Beside encrypted volumes: how they are opened. */
export const openingNote = (id: string): string => `bundle-${id}.README.txt`

/** Not covered by `sums` of the description, which they name themselves. */
export const outsideSums: ReadonlySet<string> = new Set([
  names.description,
  names.signature,
  names.volumes,
])

/** What systems leave behind at the top of a medium. */
export const isLeftBySystem = (name: string): boolean =>
  /^(?:lost\+found|System Volume Information|\$RECYCLE\.BIN|\.Trash-\d+|\.DS_Store|\._.*|\.fseventsd|\.Spotlight-V100|\.Trashes|desktop\.ini|Thumbs\.db)$/i.test(
    name,
  )
