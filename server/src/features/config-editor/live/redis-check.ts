import type { RedisTarget } from '../live-checks.ts'
import { causeOf, within } from './cause.ts'

const pingWithinMs = 10_000

/** Certificates are not looked at, as in Quay's own check. */
export async function checkRedis(target: RedisTarget): Promise<string | undefined> {
  const { createClient } = await import('redis')
  const { host, port, tls, username, password, database } = target
  const timing = { connectTimeout: pingWithinMs, reconnectStrategy: false as const }
  const client = createClient({
    socket: tls
      ? { host, port, tls: true, rejectUnauthorized: false, ...timing }
      : { host, port, ...timing },
    disableOfflineQueue: true,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(database !== undefined && { database }),
  })
  // Told here as well as to whoever waits.
  client.on('error', () => undefined)
  try {
    await within(
      pingWithinMs,
      client.connect().then(() => client.ping()),
    )
    return undefined
  } catch (error) {
    return causeOf(error, password)
  } finally {
    if (client.isOpen) client.destroy()
  }
}
