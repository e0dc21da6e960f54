import type { RunCommand } from './command.ts'
import { doubtful, fine, probing, type Outcome, type Probe, type ProbeContext } from './probe.ts'

/** Whether a firewall of this host keeps a port closed, and which command opens it. */
export function probeFirewall(
  { port, run, platform }: { port: number; run: RunCommand; platform: NodeJS.Platform },
  context: ProbeContext,
): Probe {
  const ask = (program: string, ...args: readonly string[]) => run(program, args, context.signal)
  return probing(
    context,
    `firewall:${port}`,
    `Looking for a firewall on port ${port}`,
    async () => {
      const found =
        platform === 'win32'
          ? await windowsFirewall(port, ask)
          : ((await firewalld(port, ask)) ?? (await ufw(port, ask)) ?? (await nftables(port, ask)))
      return found ?? fine(`No firewall of this host stands before port ${port}`, { port })
    },
  )
}

type Ask = (program: string, ...args: readonly string[]) => Promise<string | undefined>

async function firewalld(port: number, ask: Ask): Promise<Outcome | undefined> {
  if ((await ask('firewall-cmd', '--state'))?.trim() !== 'running') return undefined
  const command = `firewall-cmd --permanent --add-port=${port}/tcp && firewall-cmd --reload`
  const facts = { firewall: 'firewalld', port, command }
  const open = (await ask('firewall-cmd', `--query-port=${port}/tcp`))?.trim() === 'yes'
  const service = port === 443 ? 'https' : port === 80 ? 'http' : undefined
  const byService =
    service !== undefined &&
    (await ask('firewall-cmd', `--query-service=${service}`))?.trim() === 'yes'
  if (open || byService) return fine(`firewalld lets port ${port} through`, facts)
  return doubtful('MOOR-NET-010', facts)
}

/** Only root may see more than that it is on. */
async function ufw(port: number, ask: Ask): Promise<Outcome | undefined> {
  const status = (await ask('ufw', 'status')) ?? ''
  if (!/^Status: active$/m.test(status)) return undefined
  const facts = { firewall: 'ufw', port, command: `ufw allow ${port}/tcp` }
  const rule = new RegExp(`^(?:${port}|${port}/tcp|Anywhere)\\s.*ALLOW`, 'm')
  if (rule.test(status)) return fine(`ufw lets port ${port} through`, facts)
  return doubtful('MOOR-NET-010', facts)
}

/** A rule set is a program; without running it, only a chain that drops by default is a sign. */
async function nftables(port: number, ask: Ask): Promise<Outcome | undefined> {
  const rules = (await ask('nft', 'list', 'ruleset')) ?? ''
  const input = rules.match(
    /chain (\S+) \{\s*type filter hook input [^}]*?policy (?:drop|reject);[^]*?\n\t\}/,
  )
  if (input === null) return undefined
  const chain = input[1] ?? 'input'
  const command = `nft insert rule inet filter ${chain} tcp dport ${port} accept`
  const facts = { firewall: 'nftables', port, command }
  const accepted = new RegExp(`tcp dport (?:\\{[^}]*\\b${port}\\b[^}]*\\}|${port}\\b)[^\\n]*accept`)
  if (accepted.test(input[0])) return fine(`nftables lets port ${port} through`, facts)
  return doubtful('MOOR-NET-011', facts)
}

async function windowsFirewall(port: number, ask: Ask): Promise<Outcome | undefined> {
  const profiles = (await ask('netsh', 'advfirewall', 'show', 'currentprofile', 'state')) ?? ''
  if (!/State\s+ON/i.test(profiles)) return undefined
  const command = `netsh advfirewall firewall add rule name="Mooring ${port}" dir=in action=allow protocol=TCP localport=${port}`
  return doubtful('MOOR-NET-011', { firewall: 'Windows Defender Firewall', port, command })
}
