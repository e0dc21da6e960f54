import { z } from 'zod'

import type { Db } from '../../db/tables.ts'
import type { SecretBox } from '../accounts/secret-box.ts'
import { applianceStateStore } from '../appliance/appliance-state-store.ts'

const Stored = z.object({ sealed: z.string() })

/** Something that only this registry has, sealed in its database; made when it is first needed. */
export function createOwnSecret<T>({
  db,
  secretBox,
  name,
  make,
  parse,
}: {
  db: Db
  secretBox: SecretBox
  /** Of the row. */
  name: string
  make: () => string | Promise<string>
  parse: (text: string) => T | undefined
}): () => Promise<T> {
  let known: Promise<T> | undefined

  async function read(): Promise<T | undefined> {
    const stored = Stored.safeParse(await applianceStateStore(db).find(name))
    return stored.success ? parse(secretBox.open(stored.data.sealed)) : undefined
  }

  async function load(): Promise<T> {
    const found = await read()
    if (found !== undefined) return found
    const sealed = secretBox.seal(await make())
    // Two who make one at the same time go on with the same.
    await applianceStateStore(db).insertFirst(name, { sealed })
    const made = await read()
    if (made === undefined) throw new Error(`${name} was not kept`)
    return made
  }

  return async () => {
    known ??= load()
    try {
      return await known
    } catch (error) {
      known = undefined
      throw error
    }
  }
}
