import { mkdirSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { spawnServer, type ChildServer } from '../support/child-server.ts'
import { startClientBench, type ClientBench } from '../support/client-bench.ts'
import { findProgram, hasPrograms } from '../support/programs.ts'
import { createMultiArchImage, pushMultiArchImage } from '../support/sample-images.ts'
import { until } from '../support/until.ts'

const programs = ['ctr', 'containerd', 'curl']
const isPossible = process.getuid?.() === 0 && hasPrograms(...programs)
if (!isPossible) {
  process.stdout.write(`containerd is left out: root, and ${programs.join(', ')}, are needed\n`)
}

// k3s brings the same ctr, and takes the same folder of hosts; k3s itself and nerdctl are in no Debian.
describe.skipIf(!isPossible)('containerd', () => {
  const image = createMultiArchImage('containerd')
  let bench: ClientBench
  let containerd: ChildServer
  let socket = ''

  beforeAll(async () => {
    bench = await startClientBench()
    const { folder } = bench
    socket = folder.join('containerd.sock')
    const config = folder.join('containerd.toml')
    writeFileSync(config, 'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n')
    mkdirSync(folder.join('certs.d'))
    const places = ['--root', folder.join('root'), '--state', folder.join('state')]
    const args = ['--config', config, ...places, '--address', socket]
    containerd = spawnServer(findProgram('containerd') ?? '', args, { env: bench.env })
    await until('containerd to listen', async () => {
      if (containerd.hasExited()) throw new Error(containerd.output())
      return (await bench.attempt('ctr', ['--address', socket, 'version'])).code === 0
    })
    await pushMultiArchImage(bench.api, bench.repository('source'), 'latest', image)
  })

  afterAll(async () => {
    await containerd.stop()
    await bench[Symbol.asyncDispose]()
  })

  /** As somebody pastes it, but on this machine's own folders and without the internet. */
  async function paste(text: string): Promise<string> {
    const { username, password } = bench.registry
    const login = `--user ${username}:${password}`
    const here = text
      .replaceAll('sudo ', '')
      .replaceAll('/etc/containerd/certs.d', bench.folder.join('certs.d'))
      .replaceAll('docker.io/library/busybox:latest', bench.image('source:latest'))
      .replaceAll(`--user ${username}`, login)
      .replaceAll(/\bctr\b/g, `ctr --address ${socket}`)
      .replaceAll('images pull', `images pull --hosts-dir ${bench.folder.join('certs.d')} ${login}`)
    return bench.run('bash', ['-euo', 'pipefail', '-c', here])
  }

  it('trusts it, and pushes an image of several platforms, as the setup says at its end', async () => {
    const { host, username } = bench.registry
    const folder = `/etc/containerd/certs.d/${host}`
    const copy = bench.image('busybox:latest')
    // The lines of renderer/src/features/setup/done-commands.ts, whose own test holds them as well.
    await paste(`sudo mkdir -p ${folder}
curl -k https://${host}/ca.crt | sudo tee ${folder}/ca.crt
sudo tee ${folder}/hosts.toml <<'END'
server = "https://${host}"
[host."https://${host}"]
  ca = "${folder}/ca.crt"
END`)
    await paste(`sudo ctr images pull --all-platforms docker.io/library/busybox:latest
sudo ctr images tag docker.io/library/busybox:latest ${copy}
sudo ctr images push --hosts-dir /etc/containerd/certs.d --user ${username} ${copy}`)
    expect(await bench.digestAt('busybox', 'latest')).toBe(image.index.digest)
  })
})
