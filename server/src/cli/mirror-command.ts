import { setTimeout as delay } from 'node:timers/promises'
import { Command } from 'commander'
import { wireDate, wireDateOrNull } from '../features/api/wire-date.ts'
import type { MirrorRules } from '../features/mirrors/mirror-rules.ts'
import type { SeenMirror } from '../features/mirrors/mirror-view-service.ts'
import { presentMirror, presentRules } from '../features/mirrors/present-mirror.ts'
import { CommandError } from './command-error.ts'
import { withDataOptions, type DataOptions } from './data-options.ts'
import { interruptSignal } from './interrupt.ts'
import { mirrorConnectionCommands } from './mirror-connection-commands.ts'
import { mirrorCreateCommand } from './mirror-create-command.ts'
import { print } from './print.ts'
import { sizeText } from './size-text.ts'
import { withMirrors, type MirrorWork } from './with-mirrors.ts'

type Options = DataOptions & { readonly json?: boolean; readonly wait?: boolean }

const lookEveryMs = 1_000
const listedAtOnce = 100

export function mirrorCommand(): Command {
  const mirror = new Command('mirror')
    .description('repositories that follow those of other registries')
    .addCommand(listCommand())
    .addCommand(
      command('show', 'what a mirror does and did', async (repository, options) => {
        await withMirrors(options, async (work) => {
          const seen = await look(work, repository)
          const rules = work.settings.rulesOf(seen.mirror)
          const value = { ...presentMirror(work.settings)(seen), rules: presentRules(rules) }
          print(value, [describe(seen), ...describeRules(rules)].join('\n  '), options)
        })
      }),
    )
    .addCommand(
      command('sync', 'mirror now, and wait for the end', async (repository, options) => {
        await withMirrors(options, (work) => sync(work, repository, options))
      }).option('--no-wait', 'only ask for it'),
    )
    .addCommand(
      command('cancel', 'end what runs or is about to', async (repository, options) => {
        await withMirrors(options, async ({ mirrors, subject }) =>
          mirrors.cancel(await subject(repository)).catch(explainMissing(repository)),
        )
        print({ repository, cancelled: true }, `${repository} is not mirrored any further`, options)
      }),
    )
    .addCommand(mirrorCreateCommand())
    .addCommand(
      command('delete', 'end the mirroring; the images stay', async (repository, options) => {
        await withMirrors(options, async ({ mirrors, subject }) =>
          mirrors.remove(await subject(repository)).catch(explainMissing(repository)),
        )
        print({ repository, deleted: true }, `${repository} is an ordinary repository now`, options)
      }),
    )
    .addCommand(command('dry-run', 'what mirroring now would do', dryRun))
  for (const whole of mirrorConnectionCommands()) mirror.addCommand(whole)
  return mirror
}

function command(
  name: string,
  description: string,
  action: (repository: string, options: Options) => Promise<void>,
): Command {
  return withDataOptions(new Command(name))
    .description(description)
    .argument('<namespace/name>')
    .option('--json', 'print one JSON object')
    .action(action)
}

function listCommand(): Command {
  return withDataOptions(new Command('list'))
    .description('all mirrors')
    .option('--json', 'print one JSON object')
    .action(async (options: Options) => {
      await withMirrors(options, async ({ views, settings }) => {
        const mirrors: SeenMirror[] = []
        for (let page = 1; ; page++) {
          const { rows } = await views.list({ limit: listedAtOnce, page })
          mirrors.push(...rows)
          if (rows.length < listedAtOnce) break
        }
        const lines = mirrors.length === 0 ? ['there are no mirrors'] : mirrors.map(describe)
        print({ mirrors: mirrors.map(presentMirror(settings)) }, lines.join('\n'), options)
      })
    })
}

async function look({ views, subject }: MirrorWork, fullName: string): Promise<SeenMirror> {
  const { repository } = await subject(fullName)
  const seen = await views.look(repository.id)
  if (seen === undefined) throw new CommandError(`${fullName} is no mirror`)
  return seen
}

async function sync(work: MirrorWork, fullName: string, options: Options): Promise<void> {
  const before = await look(work, fullName)
  const last = before.lastRun?.id ?? 0
  const isRunning = before.lastRun?.result === 'running' && before.state !== 'queued'
  if (!isRunning) {
    await work.mirrors.syncNow(await work.subject(fullName)).catch(explainMissing(fullName))
    await work.flush()
  }
  const { workers } = await work.views.overview()
  if (options.wait === false || workers === 0 || work.connection.isDisconnected()) {
    const isApart = work.connection.isDisconnected()
    const idle = isApart ? 'begins when the site is connected again' : 'begins when the server does'
    const when = workers === 0 || isApart ? idle : 'begins within seconds'
    print({ repository: fullName, requested: true }, `${fullName}: the run ${when}`, options)
    return
  }
  const interrupt = interruptSignal()
  const after = isRunning ? last - 1 : last
  for (let shown = ''; !interrupt.aborted;) {
    const seen = await look(work, fullName)
    const { lastRun: run } = seen
    if (run !== undefined && run.id > after && run.result !== 'running') {
      print(presentMirror(work.settings)(seen), describe(seen), options)
      if (run.result === 'success') return
      throw new CommandError(`${fullName}: ${run.message ?? run.result} (${run.code ?? 'unknown'})`)
    }
    const line = describeProgress(seen)
    if (options.json !== true && line !== shown) process.stderr.write(`${line}\n`)
    shown = line
    await delay(lookEveryMs, undefined, { signal: interrupt }).catch(() => undefined)
  }
  const line = `${fullName}: the run goes on; "mooring mirror cancel" ends it`
  print({ repository: fullName, requested: true }, line, options)
}

async function dryRun(repository: string, options: Options): Promise<void> {
  const signal = interruptSignal()
  await withMirrors(options, async ({ mirrors, previews, subject }) => {
    const about = await subject(repository)
    const mirror = await mirrors.get(about.repository).catch(explainMissing(repository))
    const { isComplete, tags } = await previews.dryRun(mirror, signal)
    const lines = tags.map(({ name, action, message }) =>
      [name, action, ...(message === undefined ? [] : [message])].join('  '),
    )
    const end = isComplete ? [] : ['… and more']
    const all = [...lines, ...end].join('\n')
    const shown = tags.map(({ upstreamDigest, localDigest, ...tag }) => ({
      ...{ ...tag, upstream_digest: upstreamDigest, local_digest: localDigest },
    }))
    print(
      { repository, complete: isComplete, tags: shown },
      all === '' ? 'no tag matches' : all,
      options,
    )
  })
}

function explainMissing(repository: string) {
  return (error: unknown): never => {
    const isMissing = error instanceof Error && error.message === 'not-found'
    throw isMissing
      ? new CommandError(`${repository} is no mirror, or is not in a state for that`)
      : error
  }
}

function describe({ mirror, state, lastRun, nextRun }: SeenMirror): string {
  const { full_name: name, external_reference: reference } = mirror
  const parts = [`${name}  ${state}  from ${reference}`]
  if (lastRun !== undefined && lastRun.result !== 'running') {
    const { tags_new, tags_updated, tags_unchanged, tags_failed, tags_removed } = lastRun
    const counts = `${String(tags_new)} new, ${String(tags_updated)} updated, ${String(tags_unchanged)} unchanged, ${String(tags_failed)} failed, ${String(tags_removed)} removed`
    parts.push(
      `last run ${wireDate(lastRun.started_at)}: ${lastRun.result}, ${counts}, ${sizeText(lastRun.bytes)}`,
    )
    if (lastRun.message !== null) parts.push(lastRun.message)
  }
  const next = wireDateOrNull(nextRun)
  if (next !== null) parts.push(`next run ${next}`)
  return parts.join('\n  ')
}

function describeRules({ calendar, windows, rate, signatureKeys }: MirrorRules): string[] {
  return [
    ...(calendar.length > 0 ? [`runs at ${calendar.join(', ')}`] : []),
    ...(windows.length > 0 ? [`by itself only in ${windows.join(', ')}`] : []),
    ...(rate === null ? [] : [`no faster than ${rate}`]),
    ...(signatureKeys.length > 0
      ? [`only images signed with one of ${String(signatureKeys.length)} keys`]
      : []),
  ]
}

function describeProgress({ state, progress }: SeenMirror): string {
  if (progress === undefined) return state
  const { phase, done, total, rate, eta, itemsDone, itemsTotal, current } = progress
  const bytes = total === 0 ? '' : ` ${sizeText(done)} of ${sizeText(total)}`
  const speed = rate === 0 ? '' : `, ${sizeText(rate)}/s`
  const left = eta === null ? '' : `, ${String(eta)} s left`
  const tags = itemsTotal === 0 ? '' : `, tag ${String(itemsDone)} of ${String(itemsTotal)}`
  return `${phase}:${bytes}${speed}${left}${tags}${current === '' ? '' : `: ${current}`}`
}
