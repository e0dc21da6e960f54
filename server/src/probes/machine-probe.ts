import { readHostFile, type HostRoot } from './host-files.ts'
import { doubtful, fine, probing, sizeText, wrong, type Probe, type ProbeContext } from './probe.ts'

const gibibyte = 1024 ** 3
/** A machine sold with 2 GiB shows somewhat less, because its kernel keeps some. */
const kept = 0.93

export function probeMemory(
  { totalBytes, limitBytes }: { totalBytes: number; limitBytes: number },
  context: ProbeContext,
): Probe {
  return probing(context, 'memory', 'Looking at the memory', () => {
    // A limit that is none is a number beyond every machine.
    const bytes = limitBytes > 0 ? Math.min(totalBytes, limitBytes) : totalBytes
    const facts = { bytes, size: sizeText(bytes) }
    if (bytes < 2 * gibibyte * kept) return wrong('MOOR-SYS-004', facts)
    if (bytes < 4 * gibibyte * kept) return doubtful('MOOR-SYS-005', facts)
    return fine(`${facts.size} of memory`, facts)
  })
}

export function probeProcessor(
  { architecture, count }: { architecture: string; count: number },
  context: ProbeContext,
): Probe {
  return probing(context, 'processor', 'Looking at the processor', () => {
    if (architecture !== 'x64' && architecture !== 'arm64') {
      return wrong('MOOR-SYS-006', { architecture })
    }
    return fine(`${count} processors, ${architecture}`, { architecture, count })
  })
}

/** What a process leaves open in the files that it makes. */
export function probeUmask(
  { root, processId }: { root: HostRoot; processId: number | 'self' },
  context: ProbeContext,
): Probe {
  return probing(context, 'umask', 'Looking at the umask', async () => {
    const status = (await readHostFile(root, `proc/${processId}/status`)) ?? ''
    const umask = /^Umask:\s*([0-7]+)$/m.exec(status)?.[1]
    if (umask === undefined) return fine('The umask cannot be told here')
    if ((Number.parseInt(umask, 8) & 0o002) === 0) return doubtful('MOOR-SYS-007', { umask })
    return fine(`The umask is ${umask}`, { umask })
  })
}
