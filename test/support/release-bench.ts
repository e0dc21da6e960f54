import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { debianTree } from './bare-machine.ts'
import { runProgram } from './cli.ts'
import { createClientHome, type ClientHome } from './client-bench.ts'
import { createImage, digestOf } from './content.ts'
import { createRegistryClient } from './registry-client.ts'
import { projectRoot } from './source-files.ts'
import { until } from './until.ts'

/** What a releaser builds, made once for a test file. */
export interface ReleaseBench extends ClientHome {
  readonly image: string
  readonly imageFile: string
  readonly archive: string
  readonly publicKeyFile: string
}

export async function startReleaseBench(): Promise<ReleaseBench> {
  const home = createClientHome([])
  try {
    // The base is 300 MB, of which every copy would be whole.
    writeFileSync(
      home.folder.join('.config/containers/storage.conf'),
      `[storage]\ndriver = "overlay"\ngraphroot = "${home.folder.join('storage')}"\nrunroot = "${home.folder.join('run/storage')}"\n`,
    )
    const base = 'localhost/bare-debian:13'
    const container = (await home.run('buildah', ['from', 'scratch'])).trim()
    await home.run('buildah', ['add', '--quiet', container, debianTree, '/'])
    await home.run('buildah', ['commit', '--quiet', '--rm', container, base], {
      timeoutMs: 120_000,
    })

    const env = {
      ...home.env,
      PATH: `${join(projectRoot, 'node_modules/.bin')}:${home.env['PATH'] ?? ''}`,
    }
    const build = (script: string, args: readonly string[]) =>
      runProgram(process.execPath, [join(projectRoot, 'scripts', script), ...args], {
        env,
        cwd: projectRoot,
        timeoutMs: 240_000,
      })
    const imageFile = home.folder.join('image.tar')
    const built = await build('build-image.ts', ['--base', base, '--output', imageFile])

    const key = home.folder.join('release-key.pem')
    execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', key])
    const output = home.folder.join('dist')
    const options = ['--image', imageFile, '--sign-key', key, '--output', output]
    const said = await build('build-archive.ts', options)
    return {
      ...home,
      image: built.trim(),
      imageFile,
      archive: said.split(' ')[0] ?? '',
      publicKeyFile: join(output, 'mooring.pub'),
      // Layers of containers belong to other users and are mounted.
      async [Symbol.asyncDispose]() {
        await home.attempt('podman', ['rm', '--all', '--force', '--time=5'])
        await home.attempt('podman', ['rmi', '--all', '--force'])
        await home[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await home[Symbol.asyncDispose]()
    throw error
  }
}

/** Pushes an image over TLS that trusts the given authority alone, and reads it back. */
export async function pushAndPull(
  port: number,
  caFile: string,
  account: { readonly username: string; readonly password: string },
): Promise<string> {
  const ca = await until('the authority', () => readOptional(caFile), { timeoutMs: 60_000 })
  const client = createRegistryClient({ baseUrl: `https://127.0.0.1:${port}`, ca, ...account })
  try {
    const image = createImage({ layers: [[{ name: 'a', content: 'first' }]] })
    const repository = `${account.username}/first`
    await until('the registry to answer', () => isServing(client), {
      timeoutMs: 60_000,
      everyMs: 50,
    })
    await client.pushImage(repository, 'v1', image)
    return await pullTag(client, repository)
  } finally {
    client.close()
  }
}

/** @returns the digest of the image that `pushAndPull` left. */
export async function pullAgain(
  port: number,
  caFile: string,
  account: { readonly username: string; readonly password: string },
): Promise<string> {
  const ca = readFileSync(caFile)
  const client = createRegistryClient({ baseUrl: `https://127.0.0.1:${port}`, ca, ...account })
  try {
    await until('the registry to answer', () => isServing(client), {
      timeoutMs: 60_000,
      everyMs: 50,
    })
    return await pullTag(client, `${account.username}/first`)
  } finally {
    client.close()
  }
}

/**
 * Sends half a blob, then lets somebody stop the registry, and the rest once it takes no new
 * requests. @returns the status of the answer.
 */
export async function pushWhile(
  stop: () => Promise<unknown>,
  { https, http }: { readonly https: number; readonly http: number },
  caFile: string,
  account: { readonly username: string; readonly password: string },
): Promise<number> {
  const ca = readFileSync(caFile)
  const baseUrl = `https://127.0.0.1:${https}`
  const client = createRegistryClient({ baseUrl, ca, ...account })
  const bytes = Buffer.alloc(64 * 1024, 'drained')
  const digest = digestOf(bytes)
  const begun = new URL(await client.startUpload(`${account.username}/first`), baseUrl)
  begun.searchParams.set('digest', digest)
  const stopped = Promise.withResolvers<unknown>()
  async function* slowly() {
    yield bytes.subarray(0, 1024)
    stop().then(stopped.resolve, stopped.reject)
    await until('the ports to close', () =>
      fetch(`http://127.0.0.1:${http}/healthz`).then(
        () => undefined,
        () => true as const,
      ),
    )
    yield bytes.subarray(1024)
  }
  try {
    const { status } = await client.request('PUT', begun.href, {
      headers: { 'content-type': 'application/octet-stream', 'content-length': bytes.length },
      body: () => Readable.from(slowly()),
    })
    await stopped.promise
    return status
  } finally {
    client.close()
  }
}

type Client = ReturnType<typeof createRegistryClient>

async function pullTag(client: Client, repository: string): Promise<string> {
  const answer = await client.getManifest(repository, 'v1')
  const { layers } = answer.json() as { layers: { digest: string }[] }
  for (const { digest } of layers) await client.pullBlob(repository, digest)
  return answer.header('docker-content-digest')
}

function isServing(client: Client): Promise<true | undefined> {
  return client.request('GET', '/health/instance').then(
    ({ status }) => (status === 200 ? true : undefined),
    () => undefined,
  )
}

function readOptional(file: string): Buffer | undefined {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}
