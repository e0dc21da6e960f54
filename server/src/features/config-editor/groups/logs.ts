import { type FieldGroup, isOn, numberIn, textIn } from '../field-group.ts'
import { isRecord } from '../bundle.ts'
import { areValid } from './login-services.ts'

export const actionLogArchiving: FieldGroup = {
  name: 'ActionLogArchiving',
  fields: {
    ACTION_LOG_ARCHIVE_LOCATION: { type: 'string' },
    ACTION_LOG_ARCHIVE_PATH: { type: 'string' },
    DISTRIBUTED_STORAGE_CONFIG: { type: 'object' },
    FEATURE_ACTION_LOG_ROTATION: { type: 'bool', usual: false },
  },
  check(check) {
    if (!check.flag('FEATURE_ACTION_LOG_ROTATION')) return
    check.required('ACTION_LOG_ARCHIVE_PATH')
    const hasLocation = check.required('ACTION_LOG_ARCHIVE_LOCATION')
    if (!check.required('DISTRIBUTED_STORAGE_CONFIG') || !hasLocation) return
    const locations = check.object('DISTRIBUTED_STORAGE_CONFIG') ?? {}
    if (Object.hasOwn(locations, check.text('ACTION_LOG_ARCHIVE_LOCATION'))) return
    check.add(
      'ACTION_LOG_ARCHIVE_LOCATION must be in DISTRIBUTED_STORAGE_CONFIG',
      'ACTION_LOG_ARCHIVE_LOCATION',
      'DISTRIBUTED_STORAGE_CONFIG',
    )
  },
}

/** The path in messages is spelled like this, the key `elasticsearch_config`. */
const path = 'LOGS_MODEL_CONFIG.ELASTIC_SEARCH_CONFIG'

export const elasticSearch: FieldGroup = {
  name: 'ElasticSearch',
  fields: {
    LOGS_MODEL: { type: 'string', usual: 'database' },
    LOGS_MODEL_CONFIG: { type: 'object' },
  },
  async check(check) {
    if (check.text('LOGS_MODEL') !== 'elasticsearch') return
    const require = (tag: string) => {
      check.add(`${tag} is required for Elasticsearch`, tag)
    }
    const model = check.object('LOGS_MODEL_CONFIG')
    if (model === undefined) {
      require('LOGS_MODEL_CONFIG')
      return
    }
    const search = model['elasticsearch_config']
    if (!isRecord(search)) {
      require(path)
      return
    }
    const port = numberIn(search, 'port')
    const names = ['host', 'port', 'access_key', 'secret_key']
    const isThere = (name: string) =>
      name === 'port' ? port !== undefined : textIn(search, name) !== ''
    const missing = names.filter((name) => !isThere(name))
    for (const name of missing) require(`${path}.${name.toUpperCase()}`)
    if (missing.length > 0 || check.live === undefined) return
    const scheme = search['use_ssl'] === undefined || isOn(search['use_ssl']) ? 'https' : 'http'
    const host = textIn(search, 'host').replace(/^https?:\/\//, '')
    const prefix = textIn(search, 'index_prefix') || 'logentry_'
    const url = `${scheme}://${host}:${String(port)}/${prefix}*`
    const [user, password] = [textIn(search, 'access_key'), textIn(search, 'secret_key')]
    if (await areValid(check, check.live, url, { user, password })) return
    check.add(
      'Could not validate Elasticsearch credentials',
      `${path}.ACCESS_KEY`,
      `${path}.SECRET_KEY`,
    )
  },
}
