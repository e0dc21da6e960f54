/** What labels of an image ask of the tags on it (registry-protocol, 6.3). */
export interface ImageLife {
  /** `quay.expires-after`; absent: for ever. */
  readonly expiresAfterMs?: number
  /** `quay.immutable=true` */
  readonly isImmutable: boolean
}

export const plainLife: ImageLife = { isImmutable: false }

export const expiresAfterKey = 'quay.expires-after'
export const immutableKey = 'quay.immutable'
export const lifeKeys = [expiresAfterKey, immutableKey] as const

const second = 1_000
const day = 86_400 * second
const unitMs: Readonly<Record<string, number>> = {
  s: second,
  m: 60 * second,
  h: 3_600 * second,
  d: day,
  w: 7 * day,
  y: 365 * day,
}

/** As long as instants stay exact and dates can be written. */
const longestMs = 1_000 * 365 * day

/** `<number><unit>`, in milliseconds; undefined for what is none, and for no time at all. */
export function parseExpiresAfter(text: string): number | undefined {
  const [, amount = '', unit = ''] = /^(\d{1,15})([smhdwy])$/.exec(text.trim()) ?? []
  const ms = Number(amount) * (unitMs[unit] ?? 0)
  return ms > 0 && ms <= longestMs ? ms : undefined
}

export interface KeyAndValue {
  readonly key: string
  readonly value: string
}

export function lifeOf(labels: readonly KeyAndValue[]): ImageLife {
  const valueOf = (wanted: string) => labels.find(({ key }) => key === wanted)?.value
  return fromValues(valueOf(expiresAfterKey), valueOf(immutableKey))
}

/**
 * The life of an index: a label of its own decides; without one, what all its children say alike.
 * @param children the labels of each child.
 */
export function lifeOfIndex(
  own: readonly KeyAndValue[],
  children: readonly (readonly KeyAndValue[])[],
): ImageLife {
  const decide = (wanted: string) => {
    const find = (labels: readonly KeyAndValue[]) => labels.find(({ key }) => key === wanted)?.value
    const [first, ...others] = children.map(find)
    return find(own) ?? (others.every((value) => value === first) ? first : undefined)
  }
  return fromValues(decide(expiresAfterKey), decide(immutableKey))
}

function fromValues(expiresAfter: string | undefined, immutable: string | undefined): ImageLife {
  const expiresAfterMs = expiresAfter === undefined ? undefined : parseExpiresAfter(expiresAfter)
  return {
    ...(expiresAfterMs !== undefined && { expiresAfterMs }),
    isImmutable: immutable?.trim().toLowerCase() === 'true',
  }
}
