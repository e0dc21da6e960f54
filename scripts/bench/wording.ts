import type { Transport } from './context.ts'

export function transportText(transport: Transport): string {
  return transport === 'tls' ? 'TLS' : 'HTTP'
}

export function sizeText(bytes: number): string {
  return bytes % 2 ** 30 === 0 ? `${bytes / 2 ** 30} GiB` : `${Math.round(bytes / 2 ** 20)} MiB`
}

export function countText(count: number): string {
  return count.toLocaleString('en')
}
