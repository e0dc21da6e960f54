import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createTemporaryFolder } from '../../../test/support/temporary.ts'
import { probeClock } from './clock-probe.ts'
import type { RunCommand } from './command.ts'
import { probeFirewall } from './firewall-probe.ts'
import { probeInstallation } from './installation-probe.ts'
import { probeMemory, probeUmask } from './machine-probe.ts'
import { clockAt, lineOf, testContext, verdictOf } from './probe-suite.ts'
import { probeApparmor, probeFips, probeLowPorts, probeSelinux } from './security-probe.ts'

const folder = createTemporaryFolder('host')
afterAll(() => folder.remove())

let roots = 0
/** A host that says this about itself. */
function hostWith(files: Readonly<Record<string, string>>): string {
  const root = folder.join(String(roots++))
  mkdirSync(root)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
    writeFileSync(path.join(root, name), text)
  }
  return root
}

/** Programs of the host, by their command line. */
const saying =
  (answers: Readonly<Record<string, string>>): RunCommand =>
  (program, args) =>
    Promise.resolve(answers[[program, ...args].join(' ')])

const root = hostWith({})
const gibibyte = 1024 ** 3
const year = 365.25 * 86_400_000

describe('the clock', () => {
  const releasedAt = Date.UTC(2026, 10, 1)
  const at = async (now: number, run: RunCommand = saying({})) =>
    lineOf(probeClock({ run, root, zone: 'Asia/Tokyo', releasedAt }, testContext(clockAt(now))))
  const asking = 'timedatectl show --property=NTPSynchronized'

  it('is wrong before this version was made and 15 years after it', async () => {
    expect(verdictOf(await at(releasedAt - 1000))).toBe('failed MOOR-SYS-001')
    expect(verdictOf(await at(releasedAt))).toBe('ok')
    expect(verdictOf(await at(releasedAt + 14.9 * year))).toBe('ok')
    expect(verdictOf(await at(releasedAt + 15.1 * year))).toBe('failed MOOR-SYS-002')
  })

  it('should be kept right by somebody', async () => {
    const now = releasedAt + year
    expect(verdictOf(await at(now, saying({ [asking]: 'NTPSynchronized=no\n' })))).toBe(
      'warning MOOR-SYS-003',
    )
    const kept = await at(now, saying({ [asking]: 'NTPSynchronized=yes\n' }))
    expect(kept).toMatchObject({ state: 'ok', facts: { synchronised: true, zone: 'Asia/Tokyo' } })
    const chrony = saying({ 'chronyc -n tracking': 'Leap status     : Not synchronised\n' })
    expect(verdictOf(await at(now, chrony))).toBe('warning MOOR-SYS-003')
  })
})

describe('memory', () => {
  const of = async (totalBytes: number, limitBytes: number) =>
    verdictOf(await lineOf(probeMemory({ totalBytes, limitBytes }, testContext())))

  it('is counted within the limit of the container', async () => {
    expect(await of(64 * gibibyte, 0)).toBe('ok')
    expect(await of(64 * gibibyte, 2 ** 63)).toBe('ok')
    expect(await of(64 * gibibyte, gibibyte)).toBe('failed MOOR-SYS-004')
    expect(await of(2 * gibibyte, 0)).toBe('warning MOOR-SYS-005')
    expect(await of(3.9 * gibibyte, 0)).toBe('ok')
  })
})

describe('what confines the process', () => {
  it('is found where SELinux enforces and the data has the wrong label', async () => {
    const dataDir = '/data'
    const files = {
      'sys/fs/selinux/enforce': '1',
      'proc/self/attr/current': 'system_u:system_r:container_t:s0:c1,c2\0',
    }
    const label = (type: string) => saying({ 'stat -c %C /data': `system_u:object_r:${type}:s0\n` })
    const verdict = async (host: string, run: RunCommand) =>
      verdictOf(await lineOf(probeSelinux({ root: host, run, dataDir }, testContext())))
    const enforcing = hostWith(files)
    expect(await verdict(enforcing, label('var_lib_t'))).toBe('failed MOOR-SYS-010')
    expect(await verdict(enforcing, label('container_file_t'))).toBe('ok')
    const permissive = hostWith({ ...files, 'sys/fs/selinux/enforce': '0' })
    expect(await verdict(permissive, label('var_lib_t'))).toBe('warning MOOR-SYS-010')
    expect(await verdict(root, saying({}))).toBe('ok')
  })

  it('is named where AppArmor has a profile for it', async () => {
    const host = (profile: string) =>
      hostWith({
        'sys/module/apparmor/parameters/enabled': 'Y\n',
        'proc/self/attr/current': `${profile}\n`,
      })
    const verdict = async (profile: string) =>
      verdictOf(await lineOf(probeApparmor({ root: host(profile) }, testContext())))
    expect(await verdict('node (enforce)')).toBe('warning MOOR-SYS-011')
    expect(await verdict('unconfined')).toBe('ok')
    expect(await verdict('containers-default-0.44.4 (enforce)')).toBe('ok')
  })

  it('may be FIPS mode of the kernel alone', async () => {
    const fips = hostWith({ 'proc/sys/crypto/fips_enabled': '1\n' })
    const verdict = async (host: string, inUse: boolean) =>
      verdictOf(await lineOf(probeFips({ root: host, inUse }, testContext())))
    expect(await verdict(fips, false)).toBe('warning MOOR-SYS-012')
    expect(await verdict(fips, true)).toBe('ok')
    expect(await verdict(root, false)).toBe('ok')
  })

  it('may keep it from ports below 1024', async () => {
    const host = (capabilities: string, lowest: string) =>
      hostWith({
        'proc/self/status': `Name:\tnode\nCapEff:\t${capabilities}\n`,
        'proc/sys/net/ipv4/ip_unprivileged_port_start': lowest,
      })
    const verdict = async (capabilities: string, lowest: string) =>
      verdictOf(
        await lineOf(
          probeLowPorts({ root: host(capabilities, lowest), userId: 1000 }, testContext()),
        ),
      )
    expect(await verdict('0000000000000000', '1024')).toBe('warning MOOR-SYS-008')
    expect(await verdict('0000000000000400', '1024')).toBe('ok')
    expect(await verdict('0000000000000000', '0')).toBe('ok')
  })

  it('is its umask, of itself or of another process', async () => {
    const host = hostWith({
      'proc/self/status': 'Umask:\t0000\n',
      'proc/77/status': 'Umask:\t0027\n',
    })
    const verdict = async (processId: number | 'self') =>
      verdictOf(await lineOf(probeUmask({ root: host, processId }, testContext())))
    expect(await verdict('self')).toBe('warning MOOR-SYS-007')
    expect(await verdict(77)).toBe('ok')
  })
})

describe('an earlier installation', () => {
  it('is found by its data, not by the unit that starts this setup', async () => {
    const dataDir = folder.join('data')
    const verdict = async (host: string) =>
      verdictOf(
        await lineOf(
          probeInstallation(
            { root: host, dataDir, configDir: path.join(dataDir, 'config') },
            testContext(),
          ),
        ),
      )
    expect(await verdict(hostWith({ 'etc/systemd/system/mooring.service': '' }))).toBe('ok')
    expect(await verdict(hostWith({ 'var/lib/mooring/mooring.db': '' }))).toBe(
      'warning MOOR-SYS-009',
    )
  })
})

describe('a firewall', () => {
  const at = (
    port: number,
    answers: Readonly<Record<string, string>>,
    platform: NodeJS.Platform = 'linux',
  ) => lineOf(probeFirewall({ port, run: saying(answers), platform }, testContext()))

  it('is firewalld, with the command that opens the port for good', async () => {
    const running = { 'firewall-cmd --state': 'running\n' }
    const closed = await at(8443, { ...running, 'firewall-cmd --query-port=8443/tcp': 'no\n' })
    expect(verdictOf(closed)).toBe('warning MOOR-NET-010')
    expect(closed.finding?.next).toBe(
      'run: firewall-cmd --permanent --add-port=8443/tcp && firewall-cmd --reload',
    )
    const open = await at(8443, { ...running, 'firewall-cmd --query-port=8443/tcp': 'yes\n' })
    expect(verdictOf(open)).toBe('ok')
    const service = await at(443, { ...running, 'firewall-cmd --query-service=https': 'yes\n' })
    expect(verdictOf(service)).toBe('ok')
  })

  it('is ufw, with its rules as it prints them', async () => {
    const status = `Status: active

To                         Action      From
--                         ------      ----
22/tcp                     ALLOW       Anywhere
8443/tcp                   ALLOW       Anywhere
`
    expect(verdictOf(await at(8443, { 'ufw status': status }))).toBe('ok')
    const closed = await at(443, { 'ufw status': status })
    expect(closed.finding?.next).toBe('run: ufw allow 443/tcp')
    expect(verdictOf(await at(443, { 'ufw status': 'Status: inactive\n' }))).toBe('ok')
  })

  it('is nftables where a chain drops what no rule accepts', async () => {
    const ruleset = `table inet filter {
\tchain incoming {
\t\ttype filter hook input priority filter; policy drop;
\t\tct state established,related accept
\t\ttcp dport { 22, 443 } accept
\t}
\tchain out {
\t\ttype filter hook output priority filter; policy accept;
\t}
}
`
    expect(verdictOf(await at(443, { 'nft list ruleset': ruleset }))).toBe('ok')
    const closed = await at(8443, { 'nft list ruleset': ruleset })
    expect(verdictOf(closed)).toBe('warning MOOR-NET-011')
    expect(closed.finding?.next).toContain(
      'nft insert rule inet filter incoming tcp dport 8443 accept',
    )
    const open = ruleset.replace('policy drop', 'policy accept')
    expect(verdictOf(await at(8443, { 'nft list ruleset': open }))).toBe('ok')
  })

  it('is that of Windows while its profile is on', async () => {
    const asking = 'netsh advfirewall show currentprofile state'
    const on = await at(8443, { [asking]: 'State                    ON\n' }, 'win32')
    expect(on.finding?.next).toContain('localport=8443')
    expect(verdictOf(await at(8443, { [asking]: 'State    OFF\n' }, 'win32'))).toBe('ok')
  })
})
