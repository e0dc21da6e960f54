export interface PemBlock {
  /** `CERTIFICATE`, `PRIVATE KEY`, … */
  readonly label: string
  /** With its first and last line. */
  readonly text: string
}

/** The PEM blocks of a text, in their order. A block without an end is reported by its absence. */
export function pemBlocks(text: string): readonly PemBlock[] {
  const blocks: PemBlock[] = []
  const begin = /-----BEGIN ([A-Z0-9 ]+)-----/g
  for (let found = begin.exec(text); found !== null; found = begin.exec(text)) {
    const label = found[1] ?? ''
    const end = text.indexOf(`-----END ${label}-----`, begin.lastIndex)
    if (end === -1) continue
    const stop = end + `-----END ${label}-----`.length
    blocks.push({ label, text: text.slice(found.index, stop) })
    begin.lastIndex = stop
  }
  return blocks
}

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
