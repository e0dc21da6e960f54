/** What can be wrong with a bundle, as people and programs are told: one sentence, one next step. */
export const bundleFaults = {
  'not-a-bundle': {
    code: 'MOOR-BND-001',
    text: 'This is no bundle.',
    next: 'Name the folder that holds oci-layout, mooring/ and SHA256SUMS, or the tar file of a volume.',
  },
  'format-unknown': {
    code: 'MOOR-BND-002',
    text: 'The bundle was made by a newer version.',
    next: 'Upgrade this side first, or make the bundle again with an older version.',
  },
  unfinished: {
    code: 'MOOR-BND-003',
    text: 'The bundle was not written to its end.',
    next: 'Run "mooring bundle create" again with the same target; it goes on where it stopped.',
  },
  'signature-missing': {
    code: 'MOOR-BND-004',
    text: 'The bundle is not signed.',
    next: 'Ask for a signed bundle; somebody may have removed mooring/manifest.json.minisig.',
  },
  'signature-wrong': {
    code: 'MOOR-BND-005',
    text: 'The signature does not belong to this bundle.',
    next: 'Carry the bundle over again; if that does not help, it was changed on the way.',
  },
  'key-unknown': {
    code: 'MOOR-BND-006',
    text: 'The bundle is signed with a key that is not trusted here.',
    next: 'Compare the key with its owner, then add it with "mooring bundle trust add".',
  },
  'key-invalid': {
    code: 'MOOR-BND-007',
    text: 'The key cannot be read.',
    next: 'Give a key file as minisign writes it, and the passphrase if it has one.',
  },
  'manifest-invalid': {
    code: 'MOOR-BND-008',
    text: 'The description of the bundle is not valid.',
    next: 'Carry the bundle over again, or make it again.',
  },
  'list-swapped': {
    code: 'MOOR-BND-009',
    text: 'A list is not the one that was signed.',
    next: 'Carry the bundle over again; if that does not help, it was changed on the way.',
  },
  'list-invalid': {
    code: 'MOOR-BND-010',
    text: 'A list of the bundle cannot be read.',
    next: 'Make the bundle again.',
  },
  'volumes-differ': {
    code: 'MOOR-BND-011',
    text: 'The volumes are of different bundles.',
    next: 'Give the volumes of one bundle; the id is in mooring/manifest.json.',
  },
  'volume-missing': {
    code: 'MOOR-BND-012',
    text: 'A volume is missing.',
    next: 'Give all volumes, or insert the missing one.',
  },
  'file-missing': {
    code: 'MOOR-BND-013',
    text: 'A file is missing.',
    next: 'Copy this volume again from where it came.',
  },
  'file-damaged': {
    code: 'MOOR-BND-014',
    text: 'A file is damaged.',
    next: 'Copy this volume again from where it came.',
  },
  'file-truncated': {
    code: 'MOOR-BND-015',
    text: 'A file is not of its length.',
    next: 'Copy this volume again from where it came.',
  },
  'file-unexpected': {
    code: 'MOOR-BND-016',
    text: 'There is something that does not belong to the bundle.',
    next: 'Find out where it comes from, and remove it if it is harmless.',
  },
  'file-kind': {
    code: 'MOOR-BND-017',
    text: 'A bundle has plain files and folders only, no links or devices.',
    next: 'Do not use this bundle before you know who put that there.',
  },
  'name-unsafe': {
    code: 'MOOR-BND-018',
    text: 'A name leads out of the bundle or clashes with another.',
    next: 'Do not use this bundle before you know who made it.',
  },
  'too-large': {
    code: 'MOOR-BND-019',
    text: 'A part of the bundle is larger than a bundle may have.',
    next: 'Split the selection into several bundles.',
  },
  'tar-invalid': {
    code: 'MOOR-BND-020',
    text: 'The tar file of a volume cannot be read.',
    next: 'Copy the file again; it has to be a plain tar, not a compressed one.',
  },
  'content-unknown': {
    code: 'MOOR-BND-021',
    text: 'The bundle does not hold this content.',
    next: 'Ask the source for a bundle that has it: "mooring bundle request".',
  },
  'closure-incomplete': {
    code: 'MOOR-BND-022',
    text: 'An image refers to content that the bundle does not name.',
    next: 'Make the bundle again.',
  },
  replayed: {
    code: 'MOOR-BND-023',
    text: 'Another bundle with the same id was here before.',
    next: 'Do not use it before the source has said which of the two is theirs.',
  },
  'plan-invalid': {
    code: 'MOOR-BND-024',
    text: 'The plan of the bundle contradicts itself.',
    next: 'Make the plan again.',
  },
  'volume-too-small': {
    code: 'MOOR-BND-025',
    text: 'The volumes are too small.',
    next: 'Choose larger volumes, or put fewer images into a bundle.',
  },
  'volume-size-invalid': {
    code: 'MOOR-BND-026',
    text: 'This is no size of a volume.',
    next: 'Give bytes, a size such as 64G, usb:64G, or one of cd700, dvd, dvd-dl, bd25, bd50, bd100, fat32.',
  },
  'target-in-use': {
    code: 'MOOR-BND-027',
    text: 'The target holds something else.',
    next: 'Choose an empty folder, or the one in which the same bundle was begun.',
  },
  'source-damaged': {
    code: 'MOOR-BND-028',
    text: 'The source gave content that is not what its digest says.',
    next: 'Check the registry that it comes from, then run the command again; it goes on where it stopped.',
  },
  'write-failed': {
    code: 'MOOR-BND-029',
    text: 'What was written cannot be read back.',
    next: 'Use another medium; this one loses data.',
  },
  'medium-full': {
    code: 'MOOR-BND-030',
    text: 'The medium has no room left.',
    next: 'Free some space or choose smaller volumes, then run the command again.',
  },
  'receipt-invalid': {
    code: 'MOOR-BND-031',
    text: 'The receipt cannot be read.',
    next: 'Make it again with "mooring bundle receipt".',
  },
  'request-invalid': {
    code: 'MOOR-BND-032',
    text: 'The request cannot be read.',
    next: 'Make it again with "mooring bundle request".',
  },
  'selection-invalid': {
    code: 'MOOR-BND-033',
    text: 'The selection cannot be read.',
    next: 'Correct the line that is named.',
  },
  'mapping-invalid': {
    code: 'MOOR-BND-034',
    text: 'The name mapping cannot be used.',
    next: "Write it as 'quay.io/(.*)=mirror/$1'.",
  },
  'policy-refused': {
    code: 'MOOR-BND-035',
    text: 'The policy of this registry does not take the bundle.',
    next: 'Ask for a bundle that the policy takes, or change the policy.',
  },
  'upstream-failed': {
    code: 'MOOR-BND-036',
    text: 'Images of other registries could not be fetched.',
    next: 'Run it again, or take them out of the selection; what was fetched is kept.',
  },
  encrypted: {
    code: 'MOOR-BND-037',
    text: 'The volume is encrypted.',
    next: 'Give the file with the age identity that it was encrypted for: --identity.',
  },
  'identity-wrong': {
    code: 'MOOR-BND-038',
    text: 'The volume is encrypted for others.',
    next: 'Give the identity that it was encrypted for, or ask for a bundle for the recipient of this registry ("mooring bundle trust list"). If it is yours, its beginning is damaged: copy it again.',
  },
  'identity-invalid': {
    code: 'MOOR-BND-039',
    text: 'The age identity cannot be read.',
    next: 'Give a file as age-keygen writes it; one with a passphrase has to be opened with age first.',
  },
  'recipient-invalid': {
    code: 'MOOR-BND-040',
    text: 'This is no recipient of age.',
    next: 'Give what the other side shows under Trust, or what "age-keygen -y" prints: age1 and 58 characters.',
  },
  'medium-lost': {
    code: 'MOOR-BND-041',
    text: 'The medium cannot be written.',
    next: 'See that it is inserted and not write-protected, then run it again; it goes on where it stopped.',
  },
} as const

export type BundleFaultKind = keyof typeof bundleFaults

export interface FaultPlace {
  /** Of the file, counted from 1. */
  readonly volume?: number | undefined
  /** Inside its volume, or the path that was given. */
  readonly file?: string | undefined
  readonly digest?: string | undefined
  readonly line?: number | undefined
}

/** Why a bundle, or what belongs to one, is refused. */
export class BundleFault extends Error {
  override readonly name = 'BundleFault'
  readonly kind: BundleFaultKind
  readonly code: string
  readonly next: string
  readonly place: FaultPlace
  /** The facts of this case, without the general sentence. */
  readonly about: string

  constructor(kind: BundleFaultKind, about = '', place: FaultPlace = {}, options?: ErrorOptions) {
    const { code, text, next } = bundleFaults[kind]
    const facts = [placeText(place), about].filter((part) => part !== '').join(': ')
    super(`${code}: ${facts === '' ? text : `${text} ${facts}`}\n${next}`, options)
    this.kind = kind
    this.code = code
    this.next = next
    this.place = place
    this.about = about
  }
}

function placeText({ volume, file, line }: FaultPlace): string {
  const parts = [
    volume === undefined ? '' : `volume ${volume}`,
    file === undefined ? '' : file,
    line === undefined ? '' : `line ${line}`,
  ]
  return parts.filter((part) => part !== '').join(', ')
}

export const isFault = (error: unknown, kind: BundleFaultKind): error is BundleFault =>
  error instanceof BundleFault && error.kind === kind
