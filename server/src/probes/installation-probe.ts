import { existsSync } from 'node:fs'
import path from 'node:path'
import type { HostRoot } from './host-files.ts'
import { doubtful, fine, probing, type Probe, type ProbeContext } from './probe.ts'

const units = [
  'etc/systemd/system/mooring.service',
  'usr/lib/systemd/system/mooring.service',
  'etc/containers/systemd/mooring.container',
]

/** A registry that was set up here before: to repair or to upgrade, rather than to set up anew. */
export function probeInstallation(
  { root, dataDir, configDir }: { root: HostRoot; dataDir: string; configDir: string },
  context: ProbeContext,
): Probe {
  return probing(context, 'installation', 'Looking for an earlier installation', () => {
    const usual = path.join(root, 'var/lib/mooring')
    const folders = path.resolve(dataDir) === path.resolve(usual) ? [dataDir] : [dataDir, usual]
    const marks = [
      path.join(configDir, 'config.yaml'),
      ...folders.flatMap((folder) => [
        path.join(folder, 'mooring.db'),
        path.join(folder, 'config/config.yaml'),
      ]),
    ]
    const place = marks.find((file) => existsSync(file))
    if (place !== undefined) return doubtful('MOOR-SYS-009', { place })
    // The unit that started this setup is no earlier installation.
    const unit = units.find((file) => existsSync(path.join(root, file)))
    return fine(
      unit === undefined
        ? 'No earlier installation was found'
        : `No earlier data was found; the service ${path.basename(unit)} is installed`,
    )
  })
}
