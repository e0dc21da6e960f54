import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { findProgram } from './programs.ts'

const published = 'NETAVARK-HOSTPORT-DNAT'

/**
 * Forgets ports that were published for containers that are gone. A test run that is killed
 * together with its containers leaves them with the kernel, and a server that is given such a port
 * later cannot be reached: every connection to it goes to an address where nobody is.
 */
export function setup(): void {
  const iptables = process.getuid?.() === 0 ? findProgram('iptables') : undefined
  if (iptables === undefined) return
  for (const { id, rule } of publishedPorts(iptables)) {
    if (isRunning(id)) continue
    // Another run may have done so at the same time.
    attempt(iptables, ['-D', ...rule])
  }
}

function publishedPorts(iptables: string) {
  const rules = attempt(iptables, ['-S', published])?.split('\n') ?? []
  return rules.flatMap((line) => {
    const [, rule = '', comment = '', id = '', chain = ''] =
      /^-A (\S+ .*) --comment "(dnat name: \S+ id: ([0-9a-f]{64}))" -j (\S+)$/.exec(line) ?? []
    return id === '' ? [] : [{ id, rule: [...rule.split(' '), '--comment', comment, '-j', chain] }]
  })
}

/** Every container of podman has a monitor that is told its id. */
function isRunning(id: string): boolean {
  return readdirSync('/proc').some((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(id)
    } catch {
      return false
    }
  })
}

function attempt(iptables: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync(iptables, ['-t', 'nat', ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  } catch {
    return undefined
  }
}
