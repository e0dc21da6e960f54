import path from 'node:path'
import { describeCertificate } from '@mooring/certs'
import { Command } from 'commander'
import { dataDirectories, withDataOptions, type DataOptions } from './data-options.ts'
import { print } from './print.ts'
import { readOptionalFile } from './read-optional-file.ts'

type Options = DataOptions & { readonly json?: boolean }

export function certCommand(): Command {
  const show = withDataOptions(new Command('show'))
    .description('show the server certificate and the CA that signed it')
    .option('--json', 'print one JSON object')
    .action(async (options: Options) => {
      const { configDir } = dataDirectories(options)
      const server = await describe(path.join(configDir, 'ssl.cert'))
      const authority = await describe(path.join(configDir, 'ca.crt'))
      print(
        { server, authority },
        [table('server certificate', server), table('CA', authority)].join('\n\n'),
        options,
      )
    })
  return new Command('cert').description('certificates').addCommand(show)
}

type Description = ReturnType<typeof describeCertificate>

async function describe(file: string): Promise<Description | undefined> {
  const pem = await readOptionalFile(file)
  return pem === undefined ? undefined : describeCertificate(pem)
}

function table(title: string, certificate: Description | undefined): string {
  if (certificate === undefined) return `${title}: none`
  return [
    title,
    `  subject      ${certificate.subject}`,
    `  issuer       ${certificate.issuer}`,
    `  names        ${certificate.names.join(', ')}`,
    `  valid from   ${new Date(certificate.notBefore).toISOString()}`,
    `  valid until  ${new Date(certificate.notAfter).toISOString()}`,
    `  key          ${certificate.keyType}`,
    `  serial       ${certificate.serial}`,
    `  SHA-256      ${certificate.sha256Fingerprint}`,
  ].join('\n')
}
