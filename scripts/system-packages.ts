import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** What a selection of tests needs beyond Node: container engines, a database server, a browser. */
export type ToolGroup = 'browser' | 'clients' | 'database'

export interface SystemPackage {
  readonly name: string
  /** Any of these files (or programs on the PATH) shows that the package is there. */
  readonly shownBy: readonly string[]
  /** A program that does as well where this one cannot be had. */
  readonly insteadOf?: string
  readonly group: ToolGroup
  readonly purpose: string
}

const postgresVersions = ['18', '17', '16', '15', '14']

/** Debian packages that the tests use, and what for. */
export const systemPackages: readonly SystemPackage[] = [
  {
    name: 'postgresql',
    shownBy: postgresVersions.map((version) => `/usr/lib/postgresql/${version}/bin/postgres`),
    group: 'database',
    purpose: 'the second database that every store test runs on',
  },
  {
    name: 'redis-server',
    shownBy: ['redis-server'],
    group: 'database',
    purpose: 'what the check of a configuration with Redis logs in to',
  },
  {
    name: 'chromium-headless-shell',
    shownBy: ['chromium-headless-shell'],
    insteadOf: 'chromium',
    group: 'browser',
    purpose: 'opens the pages, at half the work of a browser with windows',
  },
  {
    name: 'fonts-noto-cjk',
    shownBy: ['/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc'],
    group: 'browser',
    purpose: 'Japanese on screenshots before the page has brought its own font',
  },
  {
    name: 'podman',
    shownBy: ['podman'],
    group: 'clients',
    purpose: 'pushes, pulls and runs images',
  },
  { name: 'buildah', shownBy: ['buildah'], group: 'clients', purpose: 'builds images and indexes' },
  { name: 'skopeo', shownBy: ['skopeo'], group: 'clients', purpose: 'copies, lists and syncs' },
  { name: 'umoci', shownBy: ['umoci'], group: 'clients', purpose: 'edits image layouts' },
  {
    name: 'docker-registry',
    shownBy: ['docker-registry'],
    group: 'clients',
    purpose: 'the peer that images are synchronised with and compared against',
  },
  { name: 'runc', shownBy: ['runc'], group: 'clients', purpose: 'runs a pulled image' },
  {
    name: 'containerd',
    shownBy: ['ctr'],
    group: 'clients',
    purpose: 'pulls and pushes as the nodes of clusters do',
  },
  {
    name: 'busybox-static',
    shownBy: ['/bin/busybox'],
    group: 'clients',
    purpose: 'the content of test images',
  },
  {
    name: 'uidmap',
    shownBy: ['newuidmap'],
    group: 'clients',
    purpose: 'user ids inside containers',
  },
  {
    name: 'slirp4netns',
    shownBy: ['slirp4netns'],
    group: 'clients',
    purpose: 'network of containers without root',
  },
  {
    name: 'containernetworking-plugins',
    shownBy: ['/usr/lib/cni/bridge'],
    group: 'clients',
    purpose: 'network of containers',
  },
  {
    name: 'netavark',
    shownBy: ['/usr/lib/podman/netavark'],
    group: 'clients',
    purpose: 'network of containers',
  },
  {
    name: 'aardvark-dns',
    shownBy: ['/usr/lib/podman/aardvark-dns'],
    group: 'clients',
    purpose: 'names in the network of containers',
  },
  {
    name: 'iptables',
    shownBy: ['iptables', '/usr/sbin/iptables'],
    group: 'clients',
    purpose: 'network of containers',
  },
  {
    name: 'iproute2',
    shownBy: ['ip', '/usr/sbin/ip'],
    group: 'clients',
    purpose: 'network of containers',
  },
  {
    name: 'openssl',
    shownBy: ['openssl'],
    group: 'clients',
    purpose: 'certificates of the peer registry',
  },
  {
    name: 'mmdebstrap',
    shownBy: ['mmdebstrap'],
    group: 'clients',
    purpose: 'a bare Debian to install on, to build images from and to check units with',
  },
  {
    name: 'minisign',
    shownBy: ['minisign'],
    group: 'clients',
    purpose: 'signatures of the installation archive',
  },
  {
    name: 'age',
    shownBy: ['age'],
    group: 'clients',
    purpose: 'volumes of bundles that are encrypted',
  },
  { name: 'curl', shownBy: ['curl'], group: 'clients', purpose: 'plain requests over TLS' },
  { name: 'wrk', shownBy: ['wrk'], group: 'clients', purpose: 'requests per second' },
  {
    name: 'ca-certificates',
    shownBy: ['/etc/ssl/certs/ca-certificates.crt'],
    group: 'clients',
    purpose: 'the trust store that clients fall back to',
  },
]

const leftOut: Record<ToolGroup, string> = {
  browser: 'the tests in a browser',
  database: 'the tests on these database servers',
  clients: 'tests with these container clients',
}

/** Which groups a command line of `npm test` needs: all of them, unless projects are named. */
export function groupsNeeded(args: readonly string[]): ReadonlySet<ToolGroup> {
  const projects = args.flatMap((arg, index) => {
    if (arg.startsWith('--project=')) return [arg.slice('--project='.length)]
    return arg === '--project' ? [args[index + 1] ?? ''] : []
  })
  if (projects.length === 0) return new Set(['browser', 'clients', 'database'])
  return new Set(
    projects.flatMap((project): ToolGroup[] => {
      if (project === 'clients') return ['clients']
      if (project === 'e2e') return ['browser']
      return ['unit', 'integration', 'crash'].includes(project) ? ['database'] : []
    }),
  )
}

export function missingPackages(
  groups: ReadonlySet<ToolGroup>,
  isThere: (file: string) => boolean = isInstalled,
): readonly SystemPackage[] {
  return systemPackages.filter(({ group, shownBy }) => groups.has(group) && !shownBy.some(isThere))
}

/**
 * Installs the missing packages where that is possible (Debian, as root) and says in one line for
 * each group what is left out where it is not.
 */
export async function provideSystemPackages(
  groups: ReadonlySet<ToolGroup>,
): Promise<readonly string[]> {
  const missing = missingPackages(groups)
  if (missing.length === 0) return []
  const obstacle = obstacleToInstalling()
  const failure = obstacle ?? (await install(missing.map(({ name }) => name)))
  const lacking = missingPackages(groups).filter(
    ({ insteadOf }) => insteadOf === undefined || !isInstalled(insteadOf),
  )
  return explainMissing(lacking, failure ?? 'the package does not bring it')
}

export function explainMissing(missing: readonly SystemPackage[], why: string): readonly string[] {
  const groups = [...new Set(missing.map(({ group }) => group))]
  return groups.map((group) => {
    const names = missing.filter((one) => one.group === group).map(({ name }) => name)
    return `left out: ${leftOut[group]} (missing: ${names.join(', ')}; ${why})`
  })
}

function obstacleToInstalling(): string | undefined {
  if (!isInstalled('apt-get')) return 'this system has no apt-get'
  if (process.getuid?.() !== 0) return 'only root can install them'
  return undefined
}

/** @returns what went wrong, or undefined. */
async function install(names: readonly string[]): Promise<string | undefined> {
  console.log(`installing ${names.join(' ')}`)
  const options = ['-q', '-y', '-o', 'Acquire::Retries=2', '-o', 'DPkg::Lock::Timeout=300']
  // An unreachable extra source must not stop the packages that can be had.
  const updated = await apt([...options, 'update'])
  const installed = await apt([...options, 'install', '--no-install-recommends', ...names])
  if (installed === 0) return undefined
  return updated === 0 ? 'apt-get install failed' : 'apt-get update failed'
}

function apt(args: readonly string[]): Promise<number> {
  const child = spawn('apt-get', args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  return new Promise((resolve) => {
    child.once('error', () => {
      resolve(1)
    })
    child.once('exit', (code) => {
      resolve(code ?? 1)
    })
  })
}

/** A path is looked at as it is; a bare name is searched on the PATH. */
export function isInstalled(file: string): boolean {
  const candidates = file.startsWith('/')
    ? [file]
    : (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, file))
  return candidates.some((candidate) => {
    try {
      accessSync(candidate, constants.R_OK)
      return true
    } catch {
      return false
    }
  })
}
