import { createHash } from 'node:crypto'

/**
 * About how many different clients there were, without remembering any: each sets one of 256 bits,
 * and the number of bits that nobody set tells (linear counting). Good to a few in a hundred up to
 * some hundreds of clients, which is as far as anybody cares.
 */
export type ClientSketch = Uint8Array

const bits = 256

export function emptySketch(): ClientSketch {
  return new Uint8Array(bits / 8)
}

export function addClient(sketch: ClientSketch, address: string): void {
  const [bit = 0] = createHash('sha256').update(address).digest()
  const at = bit >> 3
  sketch[at] = (sketch[at] ?? 0) | (1 << (bit & 7))
}

export function mergeSketches(one: ClientSketch, other: ClientSketch): ClientSketch {
  return one.map((byte, at) => byte | (other[at] ?? 0))
}

export function countClients(sketch: ClientSketch): number {
  const set = sketch.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0)
  return Math.round(bits * Math.log(bits / Math.max(bits - set, 1)))
}

export const writeSketch = (sketch: ClientSketch): string => Buffer.from(sketch).toString('hex')

export function readSketch(text: string): ClientSketch {
  const bytes = Buffer.from(text, 'hex')
  return bytes.length === bits / 8 ? new Uint8Array(bytes) : emptySketch()
}
