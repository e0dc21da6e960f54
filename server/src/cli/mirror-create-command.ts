import { readFile } from 'node:fs/promises'
import { Command, InvalidArgumentError } from 'commander'
import { system } from '../features/audit/audit-log.ts'
import type { MirrorRules } from '../features/mirrors/mirror-rules.ts'
import { parseRepositoryName } from '../features/repositories/repository-name.ts'
import { systemClock } from '../platform/clock.ts'
import { withDataOptions, type DataOptions } from './data-options.ts'
import { print } from './print.ts'
import { withMirrors, type MirrorWork } from './with-mirrors.ts'

interface Options extends DataOptions {
  readonly json?: boolean
  readonly from: string
  readonly tag: readonly string[]
  readonly robot?: string
  readonly every: number
  readonly username?: string
  readonly passwordFile?: string
  readonly verifyTls: boolean
  readonly exclude?: readonly string[]
  readonly newest?: number
  readonly semver?: string
  readonly at?: readonly string[]
  readonly window?: readonly string[]
  readonly rate?: string
  readonly key?: readonly string[]
}

const usualRobot = 'mirror'
const timeoutS = 3_600
const unitSeconds: Readonly<Record<string, number>> = { m: 60, h: 3_600, d: 86_400, w: 604_800 }

export function mirrorCreateCommand(): Command {
  return withDataOptions(new Command('create'))
    .description('make a repository the mirror of one elsewhere; made when it is not there')
    .argument('<namespace/name>')
    .requiredOption('--from <host/path>', 'what is mirrored, such as quay.io/acme/web')
    .requiredOption('--tag <pattern...>', 'tags: v1.2, v3.*, *')
    .option('--exclude <pattern...>', 'tags that are left out')
    .option('--newest <number>', 'only so many of the newest versions', wholeNumber)
    .option('--semver <range>', 'only versions in this range, such as ">=1.20 <2"')
    .option('--every <interval>', 'how often: 30m, 24h, 7d', interval, 86_400)
    .option('--at <time...>', 'when, instead: 02:00, mon-fri@02:00, sat+sun@12:30')
    .option('--window <window...>', 'only then by itself: 22:00-06:00, sat+sun@00:00-24:00')
    .option('--rate <rate>', 'no faster than that, such as 2MB/s')
    .option('--key <file...>', 'only images signed with one of these public keys of cosign')
    .option('--robot <name>', 'the robot that pushes; made when it is not there', usualRobot)
    .option('--username <name>', 'of the account at the upstream')
    .option('--password-file <file>', 'the first line is its password or token')
    .option('--no-verify-tls', 'take any certificate, and plain HTTP')
    .option('--json', 'print one JSON object')
    .action(async (repository: string, options: Options) => {
      await withMirrors(options, (work) => create(work, repository, options))
      const isPlanned = options.at !== undefined || options.window !== undefined
      const when = isPlanned ? 'when its time comes' : 'at once'
      const line = `${repository} mirrors ${options.from}; the first run begins ${when}`
      print({ repository, external_reference: options.from }, line, options)
    })
}

async function create(work: MirrorWork, fullName: string, options: Options): Promise<void> {
  const { mirrors, people } = work
  const name = parseRepositoryName(fullName, work.names)
  const owner = await work.namespace(name.namespace)
  if ((await people.repositories.find(fullName)) === undefined) {
    await people.repositories.create({ name, namespace: owner, visibility: 'private' }, system)
  }
  const subject = await work.subject(fullName)
  const short = options.robot ?? usualRobot
  const robot = short.includes('+') ? short : `${owner.username}+${short}`
  if ((await people.accounts.find(robot)) === undefined) {
    await people.robots.ensure(owner, { shortName: robot.split('+').at(-1) ?? short }, system)
  }
  const password =
    options.passwordFile === undefined
      ? undefined
      : (await readFile(options.passwordFile, 'utf8')).split(/\r?\n/, 1)[0]
  const settings = {
    external_reference: options.from,
    external_registry_username: options.username ?? null,
    external_registry_password: password ?? null,
    external_registry_config: { verify_tls: options.verifyTls },
    sync_interval: options.every,
    sync_start_date: new Date(systemClock.now()).toISOString().replace(/\.\d+Z$/, 'Z'),
    root_rule: { rule_value: options.tag },
    skopeo_timeout_interval: timeoutS,
    robot_username: robot,
  }
  // Nothing runs before everything is told.
  const isNew = await mirrors.create(subject, { ...settings, is_enabled: false })
  const rules = await rulesOf(options)
  if (Object.keys(rules).length > 0) await mirrors.changeRules(subject, rules)
  await mirrors.change(subject, isNew ? { is_enabled: true } : settings)
}

async function rulesOf(options: Options): Promise<Partial<MirrorRules>> {
  const { exclude, newest, semver, at, window, rate, key = [] } = options
  const signatureKeys = await Promise.all(key.map((file) => readFile(file, 'utf8')))
  return {
    ...(exclude !== undefined && { exclude }),
    ...(newest !== undefined && { newest }),
    ...(semver !== undefined && { semver }),
    ...(at !== undefined && { calendar: at }),
    ...(window !== undefined && { windows: window }),
    ...(rate !== undefined && { rate }),
    ...(signatureKeys.length > 0 && { signatureKeys }),
  }
}

function interval(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6})([mhdw])$/.exec(text) ?? []
  const seconds = Number(count) * (unitSeconds[unit] ?? 0)
  if (seconds > 0) return seconds
  throw new InvalidArgumentError('Give a number and m, h, d or w, such as 24h.')
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Give a number from 1 to 9999.')
}
