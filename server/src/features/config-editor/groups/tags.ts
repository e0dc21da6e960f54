import type { FieldGroup } from '../field-group.ts'

export const timeMachine: FieldGroup = {
  name: 'TimeMachine',
  fields: {
    DEFAULT_TAG_EXPIRATION: { type: 'string', usual: '2w' },
    FEATURE_CHANGE_TAG_EXPIRATION: { type: 'bool', usual: true },
    TAG_EXPIRATION_OPTIONS: { type: 'array', usual: ['0s', '1d', '1w', '2w', '4w'] },
  },
  check(check) {
    if (check.list('TAG_EXPIRATION_OPTIONS').includes(check.text('DEFAULT_TAG_EXPIRATION'))) return
    check.add(
      'The default tag expiration period must be included in the allowed expiration periods.',
      'DEFAULT_TAG_EXPIRATION',
    )
  },
}

const policyKey = 'DEFAULT_NAMESPACE_AUTOPRUNE_POLICY'

export const autoPrune: FieldGroup = {
  name: 'AutoPrune',
  fields: {
    FEATURE_AUTO_PRUNE: { type: 'bool', usual: false },
    [policyKey]: { type: 'object' },
  },
  check(check) {
    const policy = check.object(policyKey)
    if (!check.flag('FEATURE_AUTO_PRUNE') || policy === undefined) return
    const say = (text: string) => {
      check.add(`${policyKey} ${text}`, policyKey)
    }
    const { method, value } = policy
    if (method !== 'number_of_tags' && method !== 'creation_date') {
      say('must have method key with value `number_of_tags` or `creation_date`')
    } else if (value === undefined) {
      say('must have the key `value`')
    } else if (method === 'number_of_tags') {
      if (!Number.isInteger(value)) say('method `number_of_tags` must have an integer value')
      else if (Number(value) <= 0) {
        say('method `number_of_tags` must have an integer value more than 0')
      }
    } else if (typeof value !== 'string') {
      say('method `creation_date` must have a string type as value')
    } else if (!/^([0-9]+[smdwy])$/.test(value)) {
      say('creation_date value must follow: `^([0-9]+[smdwy])$`')
    }
  },
}
