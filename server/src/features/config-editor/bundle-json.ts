import { z } from 'zod'
import type { Bundle } from './bundle.ts'

/** A bundle as it travels: settings, and files in base64. */
export interface BundleJson {
  readonly 'config.yaml': Readonly<Record<string, unknown>>
  readonly certs?: Readonly<Record<string, string>>
}

/** A body that is no bundle, in words for whoever sent it. */
export class BundleBodyError extends Error {
  override readonly name = 'BundleBodyError'
}

const body = z.object({
  'config.yaml': z.record(z.string(), z.unknown()).nullish(),
  certs: z.record(z.string(), z.base64()).nullish(),
  managedFieldGroups: z.array(z.string()).nullish(),
})

export interface ParsedBundle extends Bundle {
  readonly managedFieldGroups: readonly string[]
}

/** @throws BundleBodyError */
export function parseBundleBody(text: string): ParsedBundle {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new BundleBodyError('the body is not valid JSON')
  }
  const parsed = body.safeParse(json)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const where = issue?.path.map(String).join('.') ?? ''
    throw new BundleBodyError(
      where === ''
        ? 'the body must be an object with config.yaml and certs'
        : `${where}: ${issue?.message ?? 'is wrong'}`,
    )
  }
  const { 'config.yaml': config, certs, managedFieldGroups } = parsed.data
  const files = Object.entries(certs ?? {})
  const stray = files.find(([name]) => !isFileName(name))
  if (stray !== undefined) {
    throw new BundleBodyError(`certs: ${JSON.stringify(stray[0])} is no name of a file in a bundle`)
  }
  return {
    config: config ?? {},
    certs: new Map(files.map(([name, content]) => [name, Buffer.from(content, 'base64')])),
    managedFieldGroups: managedFieldGroups ?? [],
  }
}

export function certsJson(certs: Bundle['certs']): Readonly<Record<string, string>> {
  return Object.fromEntries([...certs].map(([name, file]) => [name, file.toString('base64')]))
}

/** A relative path that stays inside, and is not hidden. */
export function isFileName(name: string): boolean {
  if (name.length > 255 || name === 'config.yaml') return false
  return name.split('/').every((part) => /^[A-Za-z0-9_@-][A-Za-z0-9_@. -]*$/.test(part))
}
