import type { KeyedCertificate } from '@mooring/certs'
import { CertificateFault } from './certificate-codes.ts'
import { isReadOnly, isWritable } from './certificate-files.ts'
import type { CertificateStore } from './certificate-store.ts'
import type { Logger } from '../../platform/logger.ts'

export type ServedCertificate = ReturnType<typeof createServedCertificate>

/** What the listeners present to clients: follows the disk, whoever wrote there. */
export function createServedCertificate({ store, log }: { store: CertificateStore; log: Logger }) {
  const listeners = new Set<(pair: KeyedCertificate) => void>()
  let seen: string | undefined
  let served: KeyedCertificate | undefined

  return {
    current: () => served,

    /** Called with every new pair, and with the one that is there already. */
    subscribe(listener: (pair: KeyedCertificate) => void): void {
      listeners.add(listener)
      if (served !== undefined) listener(served)
    },

    /** The folder in order, before anything is served from it. */
    async open(): Promise<void> {
      const { configDir } = store
      if (!(await isWritable(configDir))) {
        log.warn({ configDir }, 'certificates cannot be changed here: the folder is read-only')
      }
      await store.repair({ atStart: true }).catch((error: unknown) => {
        // A pair that is there is served all the same.
        if (!isNotWritable(error)) log.error({ err: error, configDir }, 'certificates not in order')
      })
      await load()
    },

    /** Loads what changed; cheap when nothing did. */
    async refresh(): Promise<'idle'> {
      if ((await store.version()) === seen) return 'idle'
      await store.repair({ atStart: false }).catch((error: unknown) => {
        if (!isNotWritable(error)) throw error
      })
      await load()
      return 'idle'
    },
  }

  async function load(): Promise<void> {
    // Before the content is read: what is written meanwhile is seen the next time.
    const version = await store.version()
    const pair = await store.current()
    if (pair !== undefined && !isServed(pair)) {
      for (const listener of listeners) listener(pair)
      if (served !== undefined) log.info('new certificate served')
      served = pair
    }
    seen = version
  }

  function isServed({ certificatePem, keyPem }: KeyedCertificate): boolean {
    return served?.certificatePem === certificatePem && served.keyPem === keyPem
  }
}

function isNotWritable(error: unknown): boolean {
  return (
    (error instanceof CertificateFault && error.fault === 'folder-read-only') || isReadOnly(error)
  )
}
