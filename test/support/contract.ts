import { readdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { z } from 'zod'

/** A row of the management API as its contract declares it, as far as tests look at it. */
export interface ContractEndpoint {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly operationId: string
  readonly rule: ContractRule
  readonly scope: string | null
  readonly switches?: readonly string[]
  readonly freshLogin?: true
  readonly internal?: true
  readonly undocumented?: true
  readonly whileReadOnly?: true
  readonly withoutCsrf?: true
  readonly query?: z.ZodObject
  readonly body?: z.ZodType
  readonly bodyOptional?: true
  /** The body is a form. */
  readonly form?: true
  readonly responses: Readonly<Record<string, z.ZodType | null>>
}

export interface ContractRule {
  readonly kind: string
  readonly [detail: string]: unknown
}

const contract = '@mooring/server/contract'
const folder = dirname(fileURLToPath(import.meta.resolve(`${contract}/endpoint`)))

/** Every endpoint that a file of the contract declares. */
export async function readContract(): Promise<readonly ContractEndpoint[]> {
  const found = new Map<string, ContractEndpoint>()
  for (const file of (await readdir(folder)).sort()) {
    if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue
    const module = (await import(`${contract}/${file.slice(0, -'.ts'.length)}`)) as object
    for (const value of Object.values(module) as unknown[]) {
      if (isEndpoint(value)) found.set(routeOf(value), value)
    }
  }
  return [...found.values()]
}

export function routeOf({ method, path }: Pick<ContractEndpoint, 'method' | 'path'>): string {
  return `${method} ${path}`
}

function isEndpoint(value: unknown): value is ContractEndpoint {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['method', 'path', 'operationId', 'rule', 'scope', 'responses'].every((key) => key in value)
  )
}
