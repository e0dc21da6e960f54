import { mkdirSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isDistribution, startClientBench, type ClientBench } from '../support/client-bench.ts'
import { createImage } from '../support/content.ts'
import { hasPrograms } from '../support/programs.ts'

const signatureType = 'application/vnd.cncf.notary.signature'

const trustPolicy = {
  version: '1.0',
  trustPolicies: [
    {
      name: 'tests',
      registryScopes: ['*'],
      signatureVerification: { level: 'strict' },
      trustStores: ['ca:test.example'],
      trustedIdentities: ['*'],
    },
  ],
}

describe.skipIf(!hasPrograms('notation'))('notation', () => {
  let bench: ClientBench
  const notation = (...args: string[]) => bench.run('notation', args)
  const pushImage = async (name: string) => {
    const image = createImage({ layers: [[{ name: 'content', content: name }]] })
    const digest = await bench.api.pushImage(bench.repository(name), 'v1', image)
    return { digest, reference: `${bench.image(name)}@${digest}` }
  }

  beforeAll(async () => {
    bench = await startClientBench()
    await notation('cert', 'generate-test', '--default', 'test.example')
    const config = bench.folder.join('.config/notation')
    mkdirSync(config, { recursive: true })
    writeFileSync(`${config}/trustpolicy.json`, JSON.stringify(trustPolicy), { mode: 0o600 })
  })
  afterAll(async () => bench[Symbol.asyncDispose]())

  it.each([
    ['through the referrers API', 'api', '--force-referrers-tag=false', 'jws'],
    ['by the tag scheme', 'tag', '--force-referrers-tag=true', 'cose'],
  ])('signs, lists and verifies %s', async (_how, name, how, format) => {
    const { digest, reference } = await pushImage(`notation-${name}`)
    await notation('sign', how, '--signature-format', format, reference)
    const listed = await notation('list', reference)
    expect(listed).toContain(signatureType)
    const verified = await notation('verify', reference)
    expect(verified).toContain('Successfully verified signature')
    const inspected = JSON.parse(await notation('inspect', '--output', 'json', reference)) as {
      Signatures: unknown[]
    }
    expect(inspected.Signatures).toHaveLength(1)

    const tags = (await bench.api.listTags(bench.repository(`notation-${name}`))).json()
    const tagged = JSON.stringify(tags).includes(digest.replace(':', '-'))
    expect(tagged).toBe(name === 'tag' || isDistribution)
  })

  it('does not verify what nobody signed', async () => {
    const { reference } = await pushImage('notation-unsigned')
    const { code, stderr } = await bench.attempt('notation', ['verify', reference])
    expect(code).not.toBe(0)
    expect(stderr).toMatch(/no signature is associated/)
  })
})
