import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isDistribution, startClientBench, type ClientBench } from '../support/client-bench.ts'
import { createImage } from '../support/content.ts'
import { hasPrograms } from '../support/programs.ts'

/** No transparency log: it would be a service on the internet. */
const offline = ['--use-signing-config=false', '--tlog-upload=false', '--yes']
const key = ['--key', 'cosign.key']
const check = ['--key', 'cosign.pub', '--insecure-ignore-tlog=true']
/** The ways of cosign to keep a signature beside an image. */
const asTag = '--new-bundle-format=false'
const asReferrer = [asTag, '--registry-referrers-mode=oci-1-1']
const experimental = { COSIGN_EXPERIMENTAL: '1' }

const predicateType = 'https://test.example/made'

describe.skipIf(!hasPrograms('cosign'))('cosign', () => {
  let bench: ClientBench
  const cosign = (args: string[], env: Record<string, string> = {}) =>
    bench.run('cosign', args, { env: { COSIGN_PASSWORD: '', ...env } })
  const pushImage = async (name: string) => {
    const image = createImage({ layers: [[{ name: 'content', content: name }]] })
    const digest = await bench.api.pushImage(bench.repository(name), 'v1', image)
    return { digest, reference: `${bench.image(name)}@${digest}` }
  }
  const tagsOf = async (name: string) => {
    const answer = (await bench.api.listTags(bench.repository(name))).json()
    return (answer as { tags: string[] }).tags.sort()
  }
  const referrersOf = async (name: string, digest: string) =>
    (await bench.api.listReferrers(bench.repository(name), digest)).map(
      ({ artifactType }) => artifactType,
    )

  beforeAll(async () => {
    bench = await startClientBench()
    await cosign(['generate-key-pair'])
    await cosign(['generate-key-pair', '--output-key-prefix', 'other'])
    writeFileSync(bench.folder.join('predicate.json'), '{"made":"by a test"}')
    writeFileSync(bench.folder.join('sbom.json'), '{"spdxVersion":"SPDX-2.3"}')
  })
  afterAll(async () => bench[Symbol.asyncDispose]())

  it('signs and verifies, with the signature as a tag', async () => {
    const { digest, reference } = await pushImage('cosign-tag')
    await cosign(['sign', ...offline, ...key, asTag, reference])
    const verified = await cosign(['verify', ...check, asTag, reference])
    expect(verified).toContain(digest)
    expect(await tagsOf('cosign-tag')).toEqual([`${digest.replace(':', '-')}.sig`, 'v1'].sort())
  })

  it('signs and verifies, with the bundle as a referrer', async () => {
    const { digest, reference } = await pushImage('cosign-bundle')
    await cosign(['sign', ...offline, ...key, reference])
    expect(await cosign(['verify', ...check, reference])).toContain(digest)
    expect(await cosign(['tree', reference])).toContain('via OCI referrer')
  })

  it('signs and verifies, with the signature as a referrer', async () => {
    const { digest, reference } = await pushImage('cosign-referrer')
    await cosign(['sign', ...offline, ...key, ...asReferrer, reference], experimental)
    const verify = ['verify', ...check, asTag, '--experimental-oci11', reference]
    expect(await cosign(verify, experimental)).toContain(digest)
  })

  it('keeps several signatures of one image', async () => {
    const { reference } = await pushImage('cosign-several')
    for (const prefix of ['cosign', 'other']) {
      await cosign(['sign', ...offline, '--key', `${prefix}.key`, asTag, reference])
      await cosign(['sign', ...offline, '--key', `${prefix}.key`, reference])
    }
    const withOther = ['--key', 'other.pub', '--insecure-ignore-tlog=true']
    await cosign(['verify', ...check, asTag, reference])
    await cosign(['verify', ...withOther, asTag, reference])
    await cosign(['verify', ...check, reference])
    await cosign(['verify', ...withOther, reference])
  })

  it('does not verify what nobody signed, or somebody else did', async () => {
    const { reference } = await pushImage('cosign-unsigned')
    const unsigned = await bench.attempt('cosign', ['verify', ...check, asTag, reference])
    expect(unsigned.code).not.toBe(0)
    expect(unsigned.stderr).toMatch(/no signatures found/)

    await cosign(['sign', ...offline, '--key', 'other.key', asTag, reference])
    const foreign = await bench.attempt('cosign', ['verify', ...check, asTag, reference])
    expect(foreign.code).not.toBe(0)
    expect(foreign.stderr).toMatch(/no matching signatures/)
  })

  it.each([
    ['as a tag', [asTag]],
    ['as a referrer', []],
  ])('attests and verifies, with the attestation %s', async (_how, how) => {
    const name = `cosign-attest-${how.length}`
    const { reference } = await pushImage(name)
    const statement = ['--predicate', 'predicate.json', '--type', predicateType]
    await cosign(['attest', ...offline, ...key, ...statement, ...how, reference])
    const verify = ['verify-attestation', ...check, '--type', predicateType, ...how, reference]
    const { payload } = JSON.parse(await cosign(verify)) as { payload: string }
    const attested = JSON.parse(Buffer.from(payload, 'base64').toString()) as {
      predicateType: string
    }
    expect(attested.predicateType).toBe(predicateType)
  })

  it('attaches a bill of materials and downloads it', async () => {
    const { digest, reference } = await pushImage('cosign-sbom')
    const attach = ['attach', 'sbom', '--sbom', 'sbom.json', '--input-format', 'json']
    await cosign([...attach, '--type', 'spdx', reference])
    expect(await cosign(['download', 'sbom', reference])).toContain('SPDX-2.3')
    expect(await tagsOf('cosign-sbom')).toContain(`${digest.replace(':', '-')}.sbom`)
  })

  it.skipIf(isDistribution)(
    'leaves no tags behind where the registry lists referrers',
    async () => {
      const { digest, reference } = await pushImage('cosign-api')
      await cosign(['sign', ...offline, ...key, reference])
      await cosign(['sign', ...offline, ...key, ...asReferrer, reference], experimental)
      expect(await tagsOf('cosign-api')).toEqual(['v1'])
      const types = await referrersOf('cosign-api', digest)
      expect(types.sort()).toEqual([
        'application/vnd.dev.cosign.artifact.sig.v1+json',
        'application/vnd.dev.sigstore.bundle.v0.3+json',
      ])
    },
  )
})
