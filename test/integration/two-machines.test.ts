import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { createContent, randomBytesOf } from '../support/content.ts'
import { startObjectStore, type ObjectStore } from '../support/object-store.ts'
import { createPostgresDatabase, type PostgresDatabase } from '../support/postgres-database.ts'
import { startTestServer } from '../support/server.ts'

describe.skipIf(inject('postgresUrl') === '')('machines that share database and bucket', () => {
  let store: ObjectStore
  let database: PostgresDatabase
  let env: Readonly<Record<string, string>>

  beforeAll(async () => {
    store = await startObjectStore()
    database = await createPostgresDatabase(inject('postgresUrl'))
    const parameters = {
      endpoint_url: store.endpoint,
      s3_bucket: store.bucket,
      s3_access_key: store.accessKey,
      s3_secret_key: store.secretKey,
      storage_path: 'quay',
    }
    const settings = {
      ...database.config,
      DISTRIBUTED_STORAGE_CONFIG: { s3: ['S3Storage', parameters] },
      DISTRIBUTED_STORAGE_PREFERENCE: ['s3'],
    }
    env = { QUAY_OVERRIDE_CONFIG: JSON.stringify(settings) }
  })
  afterAll(async () => {
    await database.drop()
    await store[Symbol.asyncDispose]()
  })

  async function committing(): Promise<readonly unknown[]> {
    const connection = new pg.Client({ connectionString: database.url })
    await connection.connect()
    const { rows } = await connection
      .query<{ digest: string }>('select committing_digest as digest from blobupload')
      .finally(() => connection.end())
    return rows
  }

  it('leave each other the blobs that are on their way while they start', async () => {
    await using first = await startTestServer({ env })
    const blob = createContent(randomBytesOf('on its way', 100_000))
    const reached = Promise.withResolvers<undefined>()
    const mayGoOn = Promise.withResolvers<undefined>()
    store.intercept = async ({ method, key }) => {
      if (method !== 'PUT' || !key.endsWith(blob.digest.split(':')[1] ?? '')) return undefined
      reached.resolve(undefined)
      await mayGoOn.promise
      return undefined
    }
    const pushing = first.client().pushBlob('quay/shared', blob)
    await reached.promise

    await using second = await startTestServer({ env })
    expect(await committing()).toEqual([{ digest: blob.digest }])
    mayGoOn.resolve(undefined)
    await pushing
    expect(await committing()).toEqual([])
    const { username, password } = first
    const pulled = await second.client({ username, password }).pullBlob('quay/shared', blob.digest)
    expect(pulled.digest).toBe(blob.digest)
  })
})
