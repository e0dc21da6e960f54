import type { FieldGroup } from '../field-group.ts'

export const database: FieldGroup = {
  name: 'Database',
  fields: {
    DB_URI: { type: 'string' },
    DB_CONNECTION_ARGS: { type: 'object', usual: { autorollback: true, threadlocals: true } },
  },
  async check(check) {
    const uri = check.text('DB_URI')
    if (uri === '') {
      check.add('DB_URI is required.', 'DB_URI')
      return
    }
    const cause = await check.live?.database(uri, check.object('DB_CONNECTION_ARGS') ?? {})
    if (cause !== undefined) check.add(`Could not connect to database. Error: ${cause}`, 'DB_URI')
  },
}
