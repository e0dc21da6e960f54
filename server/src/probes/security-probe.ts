import path from 'node:path'
import type { RunCommand } from './command.ts'
import { readHostFile, type HostRoot } from './host-files.ts'
import { doubtful, fine, probing, wrong, type Probe, type ProbeContext } from './probe.ts'

/** SELinux types that a container may write to, and that an unconfined service may as well. */
const usableTypes =
  /:(?:container_file_t|container_ro_file_t|container_share_t|svirt_sandbox_file_t):/

/** What confines this process, and whether it lets it at the data directory. */
export function probeSelinux(
  { root, run, dataDir }: { root: HostRoot; run: RunCommand; dataDir: string },
  context: ProbeContext,
): Probe {
  return probing(context, 'selinux', 'Looking for SELinux', async () => {
    const enforce = await readHostFile(root, 'sys/fs/selinux/enforce')
    if (enforce === undefined) return fine('SELinux is not used here')
    const mode = enforce === '1' ? 'enforcing' : 'permissive'
    const own = (await readHostFile(root, 'proc/self/attr/current')) ?? ''
    const isContainer = /:container_t:/.test(own)
    const label = (await run('stat', ['-c', '%C', dataDir], context.signal))?.trim() ?? ''
    const facts = { mode, label, path: dataDir }
    if (isContainer && label !== '' && !usableTypes.test(label)) {
      return (mode === 'enforcing' ? wrong : doubtful)('MOOR-SYS-010', facts)
    }
    const about = label === '' ? '' : `; ${dataDir} is labelled ${label}`
    return fine(`SELinux is ${mode}${about}`, facts)
  })
}

export function probeApparmor({ root }: { root: HostRoot }, context: ProbeContext): Probe {
  return probing(context, 'apparmor', 'Looking for AppArmor', async () => {
    const enabled = await readHostFile(root, 'sys/module/apparmor/parameters/enabled')
    if (enabled !== 'Y') return fine('AppArmor is not used here')
    const profile = (await readHostFile(root, 'proc/self/attr/current')) ?? 'unconfined'
    const isOurs = /^unconfined|^(?:containers|docker)-default|\(complain\)$|\(unconfined\)$/
    if (isOurs.test(profile)) return fine(`AppArmor does not hinder this process (${profile})`)
    return doubtful('MOOR-SYS-011', { profile })
  })
}

export function probeFips(
  { root, inUse }: { root: HostRoot; inUse: boolean },
  context: ProbeContext,
): Probe {
  return probing(context, 'fips', 'Looking for FIPS mode', async () => {
    const kernel = (await readHostFile(root, 'proc/sys/crypto/fips_enabled')) === '1'
    if (kernel && !inUse) return doubtful('MOOR-SYS-012')
    return fine(kernel ? 'FIPS mode is on' : 'FIPS mode is off', { fips: kernel })
  })
}

const tools = ['podman', 'docker', 'skopeo', 'buildah', 'nerdctl', 'crictl', 'kubectl'] as const

/** Nothing depends on them: they are what a first push can be tried with. */
export function probeContainerTools({ run }: { run: RunCommand }, context: ProbeContext): Probe {
  return probing(context, 'container-tools', 'Looking for container tools', async () => {
    const found: string[] = []
    for (const tool of tools) {
      const said = await run(tool, [tool === 'kubectl' ? 'version' : '--version'], context.signal)
      const version = /\d+\.\d+(?:\.\d+)?/.exec(said ?? '')?.[0]
      if (said !== undefined) found.push(version === undefined ? tool : `${tool} ${version}`)
    }
    const list = found.join(', ')
    return fine(list === '' ? 'There are no container tools on this host' : list, { tools: list })
  })
}

/** Rights to open the usual ports below 1024. */
export function probeLowPorts(
  { root, userId }: { root: HostRoot; userId: number },
  context: ProbeContext,
): Probe {
  return probing(
    context,
    'low-ports',
    'Looking at the right to open ports below 1024',
    async () => {
      const lowest = await readHostFile(root, 'proc/sys/net/ipv4/ip_unprivileged_port_start')
      const status = (await readHostFile(root, 'proc/self/status')) ?? ''
      const capabilities = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`)
      const mayBind = (capabilities & (1n << 10n)) !== 0n || (status === '' && userId === 0)
      if (mayBind || Number(lowest ?? 1024) <= 80) return fine('Ports below 1024 can be opened')
      return doubtful('MOOR-SYS-008', { lowest: Number(lowest ?? 1024) })
    },
  )
}

/** Files without which the program is a torso. */
export function probeProgram(
  { folder, files }: { folder: string; files: readonly string[] },
  context: ProbeContext,
): Probe {
  return probing(context, 'program', 'Looking at the program itself', async () => {
    for (const file of files) {
      if ((await readHostFile(folder, file)) === undefined) {
        return wrong('MOOR-SYS-013', { file: path.join(folder, file) })
      }
    }
    return fine('The program is complete')
  })
}
