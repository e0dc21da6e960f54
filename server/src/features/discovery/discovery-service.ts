import { createHash } from 'node:crypto'

import type { Config } from '../../config/config.ts'
import type { Endpoint } from '../../contract/endpoint.ts'
import { swaggerDocument } from './swagger-document.ts'

export type DiscoveryService = ReturnType<typeof createDiscoveryService>

export interface Description {
  readonly text: string
  readonly etag: string
}

/** The description of the API; it does not change while the server runs, so it is made once. */
export function createDiscoveryService({
  endpoints,
  config,
}: {
  /** What is served; asked when everything has been put together. */
  endpoints: () => readonly Endpoint[]
  config: Pick<Config, 'interface' | 'serverHostname' | 'urlScheme'>
}) {
  const made = new Map<boolean, Description>()

  return {
    describe(internal: boolean): Description {
      const known = made.get(internal)
      if (known !== undefined) return known
      const document = swaggerDocument(endpoints(), {
        title: config.interface.title,
        host: config.serverHostname,
        scheme: config.urlScheme,
        contacts: config.interface.contactInfo,
        internal,
      })
      const text = JSON.stringify(document)
      const description = {
        text,
        etag: `"${createHash('sha256').update(text).digest('hex').slice(0, 32)}"`,
      }
      made.set(internal, description)
      return description
    },
  }
}
