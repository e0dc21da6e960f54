import { chmod, mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { certificatesIn } from '@mooring/certs'
import { Command } from 'commander'
import { archiveOf } from '../features/config-editor/bundle-archive.ts'
import { readBundle, readConfigText } from '../features/config-editor/read-bundle.ts'
import { systemClock } from '../platform/clock.ts'
import { syncDirectory, writeFileDurably } from '../platform/files.ts'
import { CommandError } from './command-error.ts'
import { dataDirectories, withDataOptions, type DataOptions } from './data-options.ts'

/** Certificates are no secrets; other programs may want to read them. */
const certificateMode = 0o644

export function importCertificateCommand(): Command {
  return withDataOptions(new Command('import-cert'))
    .description('add an authority that outgoing connections trust; a running server sees it soon')
    .argument('<file>', 'PEM, or the base64 of it as a secret holds it')
    .option('--name <name>', 'name of the file in extra_ca_certs')
    .action(async (file: string, options: DataOptions & { readonly name?: string }) => {
      const { pem, name } = await readAuthority(file)
      const wanted = options.name ?? name
      if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(wanted)) {
        throw new CommandError(`${wanted} is no name for a file: use --name`)
      }
      const { configDir } = dataDirectories(options)
      const folder = path.join(configDir, 'extra_ca_certs')
      await mkdir(folder, { recursive: true })
      await syncDirectory(configDir)
      const target = path.join(folder, wanted)
      await writeFileDurably(target, pem, certificateMode)
      await chmod(target, certificateMode)
      process.stdout.write(`trusted from now on: ${target}\n`)
    })
}

async function readAuthority(given: string): Promise<{ pem: string; name: string }> {
  const content = await readFile(given, 'latin1').catch((error: unknown) => {
    const isText = /^[A-Za-z0-9+/\s]{64,}={0,2}$/.test(given)
    if (isText) return given
    throw new CommandError(`cannot read ${given}: ${(error as Error).message}`)
  })
  const isPem = content.includes('-----BEGIN ')
  const pem = isPem ? content : Buffer.from(content, 'base64').toString('latin1')
  try {
    if (certificatesIn(pem).length === 0) throw new Error('there is no certificate in it')
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'it is unreadable'
    throw new CommandError(`this is no certificate in PEM or its base64: ${reason}`)
  }
  const base = content === given ? 'custom-cert' : path.parse(given).name
  return { pem, name: `${base}.crt` }
}

export function bundleCommand(): Command {
  return withDataOptions(new Command('bundle'))
    .description('write config.yaml, certificates and keys as one archive, secrets included')
    .argument('<file>', 'such as quay-config.tar.gz')
    .action(async (file: string, options: DataOptions) => {
      const { configDir } = dataDirectories(options)
      const configText = await readConfigText(configDir)
      if (configText === undefined)
        throw new CommandError(`there is no config.yaml in ${configDir}`)
      const { certs } = await readBundle(configDir)
      const archive = await archiveOf({ configText, certs }, systemClock.now())
      await writeFileDurably(path.resolve(file), archive, 0o600)
      process.stdout.write(`written: ${file} (${String(certs.size + 1)} files; keep it secret)\n`)
    })
}
