// The benchmark of record: see `help` in options.ts.
import { mkdtemp, rm, statfs } from 'node:fs/promises'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { execFileSync } from 'node:child_process'
import { createMemorySources } from './blob-sources.ts'
import type { BenchContext, Work } from './context.ts'
import { help, parseBenchOptions, type BenchOptions } from './options.ts'
import { startDistribution, startMooring, type Peer, type PeerOptions } from './peers.ts'
import { runScale } from './scale/scale.ts'
import { judge, renderTable, type Finding } from './table.ts'
import { bundles } from './work/bundle.ts'
import { coldStart } from './work/cold-start.ts'
import { growth } from './work/growth.ts'
import { images } from './work/image.ts'
import { memory } from './work/memory.ts'
import { mirrors } from './work/mirror.ts'
import { pulls } from './work/pull.ts'
import { pushes } from './work/push.ts'
import { requests } from './work/requests.ts'

const compared: readonly Work[] = [...pushes, ...pulls, ...requests, ...images]
const alone: readonly Work[] = [coldStart, memory, growth, mirrors, bundles]
const memoryFolder = '/dev/shm'
const enoughMemoryBytes = 10e9

const [subject, ...rest] = process.argv.slice(2)
const options = subject === 'scale' ? 'scale' : parseBenchOptions(process.argv.slice(2))
if (options === 'scale') process.exitCode = await runScale(rest)
else if (options === 'help') process.stdout.write(help)
else if (options === 'list') for (const { key } of [...compared, ...alone]) console.log(key)
else process.exitCode = await main(options)

async function main(chosen: BenchOptions): Promise<number> {
  const missing = ['docker-registry', 'wrk', 'curl', 'openssl'].filter((name) => !isInstalled(name))
  if (missing.length > 0) {
    console.error(
      `the benchmark needs ${missing.join(', ')}; on Debian: apt-get install ${missing.join(' ')}`,
    )
    return 2
  }
  const works = selectWorks(chosen)
  if (works.length === 0) {
    console.error('no work has such a key; --list names them')
    return 2
  }
  const stop = new AbortController()
  const interrupt = () => stop.abort(new Error('interrupted'))
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)
  try {
    const findings = await runAll(works, chosen, stop.signal)
    if (chosen.json) {
      console.log(
        JSON.stringify(
          findings.map((finding) => ({ ...finding, ...judge(finding) })),
          null,
          2,
        ),
      )
    } else {
      console.log(renderTable(findings, chosen.control ? 'Distribution' : 'Mooring'))
    }
    return 0
  } catch (error) {
    if (!stop.signal.aborted) throw error
    console.error('interrupted; servers are stopped and folders removed')
    return 130
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
}

function selectWorks({ only, control }: BenchOptions): Work[] {
  const all = control ? compared : [...compared, ...alone]
  return all.filter(({ key }) => only.length === 0 || only.some((prefix) => key.startsWith(prefix)))
}

async function runAll(
  works: readonly Work[],
  chosen: BenchOptions,
  signal: AbortSignal,
): Promise<Finding[]> {
  const started = performance.now()
  await using stack = new AsyncDisposableStack()
  const newFolder = async (parent: string) => {
    const folder = await mkdtemp(join(parent, 'mooring-bench-'))
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    return folder
  }
  const inMemory = await hasMemoryFolder()
  const folder = await newFolder(chosen.dir ?? (inMemory ? memoryFolder : tmpdir()))
  const spaciousFolder = chosen.dir === undefined && inMemory ? await newFolder(tmpdir()) : folder
  const sourceFolder = inMemory ? await newFolder(memoryFolder) : folder

  // The processes of a server that a work started for itself end with it; this is for Ctrl-C.
  const running = new Set<Peer>()
  stack.defer(async () => {
    await Promise.all([...running].map((peer) => peer.stop()))
  })
  const tracked = async (starting: Promise<Peer>): Promise<Peer> => {
    const peer = await starting
    running.add(peer)
    return peer
  }
  const startDistributionHere = (own?: PeerOptions) => tracked(startDistribution(folder, own))
  const startMooringHere = (own?: PeerOptions) => tracked(startMooring(folder, own))

  const blobBytes = chosen.quick ? 64 * 2 ** 20 : 2 ** 30
  const context: BenchContext = {
    peers: {
      mooring: await (chosen.control ? startDistributionHere() : startMooringHere()),
      distribution: await startDistributionHere(),
    },
    startMooring: startMooringHere,
    startDistribution: startDistributionHere,
    folder,
    spaciousFolder,
    sources: createMemorySources(join(sourceFolder, 'whole'), blobBytes),
    blobBytes,
    smallSources: createMemorySources(join(sourceFolder, 'small'), blobBytes / 8),
    smallBytes: blobBytes / 8,
    runs: chosen.runs,
    loadSeconds: 1,
    scale: chosen.quick ? 0.02 : 1,
    signal,
    progress: (line) => console.error(`[${seconds(started)} s] ${line}`),
  }
  context.progress(machineText(folder))
  const findings: Finding[] = []
  for (const work of works) {
    signal.throwIfAborted()
    findings.push(...(await work.run(context)))
  }
  context.progress('done')
  return findings
}

async function hasMemoryFolder(): Promise<boolean> {
  const room = await statfs(memoryFolder).catch(() => undefined)
  return room !== undefined && room.bavail * room.bsize > enoughMemoryBytes
}

function machineText(folder: string): string {
  const model = cpus()[0]?.model ?? 'unknown processor'
  return `${availableParallelism()} × ${model}, Node ${process.version}, data in ${folder}`
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(0).padStart(3)
}

function isInstalled(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
