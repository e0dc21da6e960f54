import { isList, isRecord } from '../bundle.ts'
import { type Check, type FieldGroup, isDuration, textIn } from '../field-group.ts'
import { redisTarget } from './redis.ts'

const key = 'DATA_MODEL_CACHE_CONFIG'
const engines = ['inmemory', 'memcached', 'redis', 'rediscluster']
const lifetimes = [
  'repository_blob_cache_ttl',
  'active_repo_tags_cache_ttl',
  'catalog_page_cache_ttl',
]

/** Its errors carry the name `Cache`. */
export const modelCacheConfig: FieldGroup = {
  name: 'ModelCacheConfig',
  errorName: 'Cache',
  fields: { [key]: { type: 'object' } },
  async check(check) {
    const cache = check.object(key)
    if (cache === undefined) return
    const engine = textIn(cache, 'engine')
    if (!engines.includes(engine)) {
      check.add(`${key}.engine must be one of ${engines.join(', ')}.`, `${key}.engine`)
      return
    }
    for (const name of lifetimes) {
      const value = cache[name]
      if (value === undefined || (typeof value === 'string' && isDuration(value))) continue
      const tag = `${key}.${name}`
      check.add(`${tag} must have the regex pattern ^[0-9]+(w|m|d|h|s)$`, tag)
    }
    checkLimit(check, cache['value_size_limit'])
    if (check.mode === 'testing') return
    if (engine === 'memcached') await checkMemcached(check, cache['endpoint'])
    const redis = isRecord(cache['redis_config']) ? cache['redis_config'] : {}
    if (engine === 'redis') {
      await ping(check, redis['primary'], 'redis_config.primary.host')
      await ping(check, redis['replica'], 'redis_config.replica.host')
    }
    if (engine === 'rediscluster' && isList(redis['startup_nodes'])) {
      for (const node of redis['startup_nodes']) {
        await ping(check, { ...redis, ...(isRecord(node) ? node : {}) }, 'startup_nodes.host')
      }
    }
  },
}

function checkLimit(check: Check, limit: unknown): void {
  if (limit === undefined) return
  const tag = `${key}.value_size_limit`
  const size = typeof limit === 'string' ? /^([0-9]+)MiB$/.exec(limit)?.[1] : undefined
  if (size === undefined) {
    check.add(`${tag} format invalid, value must conform to regular expression '([0-9]+)MiB'`, tag)
  } else if (Number(size) > 10) {
    check.add(`${tag} is invalid: cache size cannot be larger than 10 MiB`, tag)
  }
}

async function checkMemcached(check: Check, endpoint: unknown): Promise<void> {
  const [host, port]: readonly unknown[] = isList(endpoint) ? endpoint : []
  const cause =
    typeof host === 'string' && Number.isInteger(Number(port))
      ? await check.live?.tcp(host, Number(port))
      : 'it must be of form [host, port]'
  if (cause === undefined) return
  const tag = `${key}.endpoint`
  check.add(`${tag}: memcached instance cannot be reached, error: ${cause}`, tag)
}

async function ping(check: Check, settings: unknown, path: string): Promise<void> {
  if (!isRecord(settings)) return
  const cause = await check.live?.redis(redisTarget(settings))
  if (cause === undefined) return
  const tag = `${key}.${path}`
  check.add(`Could not connect to Redis with values provided in ${tag}. Error: ${cause}`, tag)
}
