import type { Settings } from '../bundle.ts'
import { type Check, type FieldGroup, isOn, numberIn, textIn } from '../field-group.ts'
import type { RedisTarget } from '../live-checks.ts'

const inner = { host: 'string', port: 'int', password: 'string', ssl: 'bool' } as const

export const redis: FieldGroup = {
  name: 'Redis',
  fields: {
    BUILDLOGS_REDIS: { type: 'object', inner },
    USER_EVENTS_REDIS: { type: 'object', inner },
    PULL_METRICS_REDIS: { type: 'object', inner: { ...inner, db: 'int' } },
  },
  async check(check) {
    for (const key of ['BUILDLOGS_REDIS', 'USER_EVENTS_REDIS']) {
      if (!check.required(key)) return
      requireHost(check, key)
    }
    const hasMetrics = check.object('PULL_METRICS_REDIS') !== undefined
    if (hasMetrics) requireHost(check, 'PULL_METRICS_REDIS')
    await ping(check, 'BUILDLOGS_REDIS')
    await ping(check, 'USER_EVENTS_REDIS')
    if (hasMetrics && check.mode !== 'testing') await ping(check, 'PULL_METRICS_REDIS')
  },
}

function requireHost(check: Check, key: string): void {
  if (textIn(check.object(key), 'host') === '') check.add(`${key}.HOST is required`, `${key}.HOST`)
}

async function ping(check: Check, key: string): Promise<void> {
  const settings = check.object(key)
  if (settings === undefined || textIn(settings, 'host') === '') return
  const cause = await check.live?.redis(redisTarget(settings))
  if (cause === undefined) return
  check.add(`Could not connect to Redis with values provided in ${key}. Error: ${cause}`, key)
}

export function redisTarget(settings: Settings): RedisTarget {
  const [username, password] = [textIn(settings, 'username'), textIn(settings, 'password')]
  const database = numberIn(settings, 'db')
  return {
    host: textIn(settings, 'host'),
    port: numberIn(settings, 'port') ?? 6379,
    tls: isOn(settings['ssl']),
    ...(username !== '' && { username }),
    ...(password !== '' && { password }),
    ...(database !== undefined && { database }),
  }
}
