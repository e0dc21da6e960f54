import { trustInstructions, type TrustInstruction } from '@mooring/certs'

export interface FirstStartFacts {
  /** Host name or address by which clients reach the registry, without its port. */
  readonly host: string
  readonly httpsPort: number
  readonly httpPort: number
  /** SHA-256 of the authority, `AB:CD:…`; absent when the administrator brought a certificate. */
  readonly fingerprint?: string
  readonly username: string
  readonly password: string
  readonly configFile: string
}

const shown = ['fetch', 'podman', 'docker', 'debian', 'rhel'] as const

/** What a person reads at the end of a first start. The password appears here and nowhere else. */
export function firstStartBanner(facts: FirstStartFacts): string {
  const { host, httpsPort, httpPort, fingerprint, username, password, configFile } = facts
  const urlHost = host.includes(':') ? `[${host}]` : host
  const registry = httpsPort === 443 ? urlHost : `${urlHost}:${httpsPort}`
  const lines = [
    `Mooring is ready at https://${registry}`,
    '',
    `  user      ${username}`,
    `  password  ${password}`,
    '',
    'The password is shown this once.',
    '',
  ]
  if (fingerprint !== undefined) {
    const httpUrl = `http://${urlHost}:${httpPort}`
    const all = trustInstructions({ host, port: httpsPort, httpUrl, fingerprint })
    lines.push(
      'Each machine that pushes or pulls has to trust the CA of this registry. Fetch it, then',
      'follow the part that fits:',
      '',
      ...shown.flatMap((client) => all.filter((one) => one.client === client)).flatMap(paragraph),
    )
  }
  lines.push(
    'Then sign in:',
    '',
    `  podman login -u ${username} ${shellWord(registry)}`,
    '',
    `Settings: ${configFile}`,
    '',
  )
  return lines.join('\n')
}

/** What a person reads at the end of every later start. */
export function laterStartBanner(facts: { url: string; configFile: string }): string {
  return `Mooring is ready at ${facts.url}\nSettings: ${facts.configFile}\n`
}

function paragraph({ title, commands, note }: TrustInstruction): readonly string[] {
  return [
    title,
    ...commands.map((command) => `  ${command}`),
    ...(note === undefined ? [] : [`  # ${note}`]),
    '',
  ]
}

function shellWord(word: string): string {
  return word.includes('[') ? `'${word}'` : word
}
