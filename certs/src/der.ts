/**
 * As much of ASN.1 as certificates, keys and their containers need. Reading also takes BER, which
 * old key stores write: indefinite lengths and octet strings in pieces.
 */
export interface DerNode {
  /** The identifier octet: class, constructed bit and number. */
  readonly tag: number
  /** The content. */
  readonly bytes: Buffer
  /** The whole of it, header included. */
  readonly raw: Buffer
}

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const

const constructed = 0x20
const deepest = 32
/** More values side by side than any chain or key store has. */
const most = 10_000

/** What was read ends too early or says impossible things. */
export class DerError extends Error {
  override readonly name = 'DerError'
}

/** The first value in the bytes; what follows it is not looked at. */
export function readDer(bytes: Buffer, depth = 0): DerNode {
  const tag = octet(bytes, 0)
  if ((tag & 0x1f) === 0x1f || depth > deepest) throw new DerError('not a value of a certificate')
  const first = octet(bytes, 1)
  if (first === 0x80 && (tag & constructed) !== 0) return readIndefinite(tag, bytes, depth)
  const lengthOctets = first < 0x80 ? 0 : first & 0x7f
  if (first === 0x80 || lengthOctets > 4) throw new DerError('no length')
  const start = 2 + lengthOctets
  let length = lengthOctets === 0 ? first : 0
  for (let at = 2; at < start; at++) length = length * 256 + octet(bytes, at)
  if (start + length > bytes.length) throw new DerError('cut short')
  return {
    tag,
    bytes: bytes.subarray(start, start + length),
    raw: bytes.subarray(0, start + length),
  }
}

function readIndefinite(tag: number, bytes: Buffer, depth: number): DerNode {
  let at = 2
  while (octet(bytes, at) !== 0 || octet(bytes, at + 1) !== 0) {
    at += readDer(bytes.subarray(at), depth + 1).raw.length
  }
  return { tag, bytes: bytes.subarray(2, at), raw: bytes.subarray(0, at + 2) }
}

function octet(bytes: Buffer, at: number): number {
  const value = bytes[at]
  if (value === undefined) throw new DerError('cut short')
  return value
}

/** The values that a constructed one holds. */
export function childrenOf(node: DerNode): readonly DerNode[] {
  if ((node.tag & constructed) === 0) throw new DerError('nothing inside')
  const children: DerNode[] = []
  let rest = node.bytes
  while (rest.length > 0) {
    const child = readDer(rest)
    if (children.push(child) > most) throw new DerError('too many')
    rest = rest.subarray(child.raw.length)
  }
  return children
}

/** The child at a place, which has to be there. */
export function childOf(node: DerNode, index: number): DerNode {
  const child = childrenOf(node)[index]
  if (child === undefined) throw new DerError('something is missing')
  return child
}

/** The content of an octet string, its pieces joined. */
export function octetsOf(node: DerNode, depth = 0): Buffer {
  if (depth > deepest) throw new DerError('too deep')
  if ((node.tag & constructed) === 0) return node.bytes
  return Buffer.concat(childrenOf(node).map((piece) => octetsOf(piece, depth + 1)))
}

/** A small number that is not negative. */
export function numberOf(node: DerNode): number {
  if (node.tag !== tags.integer || node.bytes.length > 5) throw new DerError('not a small number')
  return node.bytes.reduce((value, byte) => value * 256 + byte, 0)
}

/** `1.2.840.113549.1.7.1` */
export function oidOf(node: DerNode): string {
  if (node.tag !== tags.oid) throw new DerError('not an object identifier')
  const arcs: number[] = []
  let arc = 0
  for (const byte of node.bytes) {
    arc = arc * 128 + (byte & 0x7f)
    if (byte < 0x80) {
      arcs.push(arc)
      arc = 0
    }
  }
  const [head = 0, ...rest] = arcs
  const first = Math.min(Math.floor(head / 40), 2)
  return [first, head - first * 40, ...rest].join('.')
}

/** `[n]`, constructed. */
export const contextTag = (number: number) => 0xa0 | number

export function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content])
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const octets: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256)
  return Buffer.from([0x80 | octets.length, ...octets])
}

export function derOid(oid: string): Buffer {
  const [first = 0, second = 0, ...rest] = oid.split('.').map(Number)
  return der(tags.oid, ...[first * 40 + second, ...rest].map(base128))
}

function base128(arc: number): Buffer {
  const octets = [arc % 128]
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) {
    octets.unshift(0x80 | (rest % 128))
  }
  return Buffer.from(octets)
}

/** A number that is not negative. */
export function derInteger(value: number): Buffer {
  const octets: number[] = []
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256)
  if ((octets[0] ?? 0x80) >= 0x80) octets.unshift(0)
  return der(tags.integer, Buffer.from(octets))
}
