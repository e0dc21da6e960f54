import { describe, expect, it } from 'vitest'
import { startFindings } from './start-findings.ts'

const messages = async (text: string, env: Readonly<Record<string, string>> = {}) =>
  (await startFindings(text, env)).map(({ Message }) => Message)

const enough = `
SERVER_HOSTNAME: registry
DB_URI: sqlite:///mooring.db
DISTRIBUTED_STORAGE_CONFIG: {local: [LocalStorage, {storage_path: storage}]}
`

describe('a start', () => {
  it('needs neither Redis nor a name with a dot', async () => {
    expect(await messages(enough)).toEqual([])
  })

  it('stops at a rule about a setting that has an effect', async () => {
    expect(await messages(`${enough}FEATURE_MAILING: true`)).toEqual(['MAIL_SERVER is required'])
  })

  it('does not stop at settings that have none here', async () => {
    expect(await messages(`${enough}FEATURE_GOOGLE_LOGIN: true`)).toEqual([])
  })

  it('takes what the environment says into account', async () => {
    const env = { QUAY_OVERRIDE_CONFIG: JSON.stringify({ MAIL_SERVER: 'mail.example' }) }
    expect(await messages(`${enough}FEATURE_MAILING: true`, env)).toEqual([])
  })

  it('leaves types and texts that are no YAML to the loader', async () => {
    expect(await messages(`${enough}FEATURE_MAILING: 'yes'`)).toEqual([])
    expect(await messages('a: [')).toEqual([])
  })
})
