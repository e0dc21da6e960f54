import { existsSync, renameSync } from 'node:fs'
import { z } from 'zod'
import { readJson, writeDurably } from './durable-file.ts'
import { RemoteServer } from './remote-server.ts'
import type { Vault } from './shell.ts'

const Servers = z.array(RemoteServer).max(50)

const Stored = z.union([z.object({ sealed: z.string() }), z.object({ servers: Servers })])

export interface ServerList {
  read(): readonly RemoteServer[]
  /** Whether the system's store of secrets seals it; else it is a file of this account alone. */
  readonly isSealed: boolean
  replace(servers: readonly RemoteServer[]): Promise<void>
}

/**
 * The other servers and what each is told by: whoever could write here could put a server of his own
 * in the place of one. A list that cannot be opened is kept beside a new one.
 */
export async function openServerList(file: string, vault: Vault | undefined): Promise<ServerList> {
  const found = await openStored(file, vault)
  let servers = found ?? []
  let isReadable = found !== undefined
  return {
    read: () => servers,
    isSealed: vault !== undefined,
    async replace(next) {
      const text = JSON.stringify(next)
      const stored = vault === undefined ? { servers: next } : { sealed: await vault.seal(text) }
      if (!isReadable && existsSync(file)) renameSync(file, `${file}.unreadable`)
      writeDurably(file, `${JSON.stringify(stored)}\n`)
      isReadable = true
      servers = next
    },
  }
}

/** Undefined where there is a list that cannot be opened now, or none. */
async function openStored(
  file: string,
  vault: Vault | undefined,
): Promise<readonly RemoteServer[] | undefined> {
  const { success, data: stored } = Stored.safeParse(readJson(file))
  if (!success) return undefined
  if ('servers' in stored) return stored.servers
  try {
    return Servers.parse(JSON.parse((await vault?.open(stored.sealed)) ?? ''))
  } catch {
    return undefined
  }
}
