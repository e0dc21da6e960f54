export interface PemBlock {
  /** `CERTIFICATE`, `PRIVATE KEY`, … */
  readonly label: string
  /** With its first and last line. */
  readonly text: string
}

/** The PEM blocks of a text, in their order. One that is cut short is left out. */
export function pemBlocks(text: string): readonly PemBlock[] {
  const blocks: PemBlock[] = []
  let open: { label: string; start: number } | undefined
  for (const { 0: line, 1: edge, 2: label = '', index } of text.matchAll(edges)) {
    if (edge === 'BEGIN') {
      open = { label, start: index }
    } else if (open?.label === label) {
      blocks.push({ label, text: text.slice(open.start, index + line.length) })
      open = undefined
    }
  }
  return blocks
}

const edges = /-----(BEGIN|END) ([A-Z0-9 #]{1,64})-----/g

export function isPem(text: string): boolean {
  return text.includes('-----BEGIN ')
}

/** How many blocks a text begins; more than `pemBlocks` finds when one is cut off. */
export function countBegins(text: string): number {
  return text.split('-----BEGIN ').length - 1
}

/** The content of a block that has no headers inside. */
export function derOfBlock({ text }: PemBlock): Buffer {
  return Buffer.from(text.replace(/-----[^-]+-----/g, ''), 'base64')
}

export function toPem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}
