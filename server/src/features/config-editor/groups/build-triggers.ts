import { type FieldGroup, isOn, isUrl, textIn } from '../field-group.ts'
import { requiredIn } from './login-services.ts'

export const gitLabBuildTrigger: FieldGroup = {
  name: 'GitLabBuildTrigger',
  fields: { GITLAB_TRIGGER_CONFIG: { type: 'object' } },
  async check(check) {
    const { settings } = check
    if (!isOn(settings['FEATURE_BUILD_SUPPORT']) || !isOn(settings['FEATURE_GITLAB_BUILD'])) return
    const key = 'GITLAB_TRIGGER_CONFIG'
    const service = check.object(key)
    if (service === undefined) {
      check.add(`${key} is required for GitLabBuildTrigger`, key)
      return
    }
    const names = ['GITLAB_ENDPOINT', 'CLIENT_ID', 'CLIENT_SECRET']
    const isComplete = requiredIn(check, service, key, 'GitLabBuildTrigger', names)
    const endpoint = textIn(service, 'GITLAB_ENDPOINT')
    if (endpoint !== '' && !isUrl(endpoint)) {
      check.add(`${key}.GITLAB_ENDPOINT must be a url`, `${key}.GITLAB_ENDPOINT`)
      return
    }
    if (!isComplete) return
    const token = new URL('/oauth/token', endpoint).href
    if ((await check.live?.fakeCode(token, service)) === false) {
      check.add(
        'Could not verify GitLab OAuth credentials',
        `${key}.CLIENT_ID`,
        `${key}.CLIENT_SECRET`,
      )
    }
  },
}

export const bitbucketBuildTrigger: FieldGroup = {
  name: 'BitbucketBuildTrigger',
  fields: { BITBUCKET_TRIGGER_CONFIG: { type: 'object' } },
  async check(check) {
    const { settings } = check
    if (!isOn(settings['FEATURE_BUILD_SUPPORT']) || !isOn(settings['FEATURE_BITBUCKET_BUILD'])) {
      return
    }
    const key = 'BITBUCKET_TRIGGER_CONFIG'
    if (!check.required(key)) return
    const service = check.object(key)
    const missing = ['CONSUMER_KEY', 'CONSUMER_SECRET'].filter(
      (name) => textIn(service, name) === '',
    )
    for (const name of missing) check.add(`${key}.${name} is required`, `${key}.${name}`)
    if (missing.length > 0 || check.live === undefined) return
    const status = await check.live.basicAuthStatus('https://api.bitbucket.org/2.0/user', {
      user: textIn(service, 'CONSUMER_KEY'),
      password: textIn(service, 'CONSUMER_SECRET'),
    })
    if (status !== 200) {
      check.add(
        'Cannot validate BITBUCKET_TRIGGER_CONFIG credentials',
        `${key}.CONSUMER_ID`,
        `${key}.CONSUMER_SECRET`,
      )
    }
  },
}
