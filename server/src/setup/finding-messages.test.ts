import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { certificateProblems } from '../../../certs/src/certificate-problems.ts'
import { backupCodes } from '../backup/backup-codes.ts'
import { probeCodes } from '../probes/probe-codes.ts'
import { setupCodes } from './setup-codes.ts'
import { projectRoot } from '../../../test/support/source-files.ts'

const messages = JSON.parse(
  readFileSync(join(projectRoot, 'renderer/messages/findings/en.json'), 'utf8'),
) as Readonly<Record<string, string>>

/** What only the doctor on the command line finds. */
const doctorOnly = /^MOOR-(?:NET-05\d|STO-015|DB-0(?:19|20)|TLS-20[234]|CFG-\d+|BAK-1\d\d|UPS-\d+)$/
/** Those that pages have words of their own for. */
const ownWords = new Set(
  ['001', '002', '003', '005', '007', '008', '010', '011', '012', '013', '014', '017', '027', '040']
    // The number alone is what differs.
    .map((number) => `MOOR-SET-${number}`),
)

const bare = (text: string) => text.replace(/\.$/, '')
const keyOf = (code: string) => `finding_${code.slice(5).toLowerCase().replace('-', '_')}`

const said = [
  ...Object.entries(probeCodes).map(([code, { text, next }]) => ({ code, text, next })),
  ...Object.entries(setupCodes).map(([code, { text, next }]) => ({ code, text, next })),
  ...Object.values(certificateProblems).map(({ code, text, nextStep }) => ({
    ...{ code, text, next: nextStep },
  })),
  ...Object.entries(backupCodes).map(([code, { text, next }]) => ({
    ...{ code, text: `${bare(text)}. {about}`, next },
  })),
].filter(({ code }) => !doctorOnly.test(code) && !ownWords.has(code))

it('every finding that a setup may show has words in each language, of the same meaning', () => {
  const known = said.map(({ code }) => [
    ...[code, messages[keyOf(code)], messages[`${keyOf(code)}_next`]],
  ])
  expect(known).toEqual(said.map(({ code, text, next }) => [code, bare(text), bare(next)]))
})

const probes = [
  ...['address', 'certificate', 'clair', 'clock', 'directory', 'firewall', 'handshake'],
  ...['installation', 'machine', 'name', 'port', 'postgresql', 'proxy', 's3', 'security'],
  ...['space', 'upstream'],
].map((name) => `server/src/probes/${name}-probe.ts`)
const sources = [...probes, 'server/src/setup/steps/certificates-check.ts']

it('every line of a test has words in each language', () => {
  const patterns = Object.entries(messages)
    .filter(([key]) => key.startsWith('line_'))
    .map(([, text]) => new RegExp(`^${escaped(text).replaceAll(/\\\{\w+\\\}/g, '.+')}$`))
  const texts = sources.flatMap((file) => {
    const code = readFileSync(join(projectRoot, file), 'utf8')
    return [
      ...code.matchAll(
        /(?:\bfine\(|\btrying = |\bprobing\(\s*\w+,[^,]+,|\b(?:line|step)\(\s*'[^']*',)\s*(['`])([^]*?)\1/g,
      ),
    ]
      .map(([, , text = '']) =>
        text
          // Of two endings the first; what is glued to a word may be nothing.
          .replaceAll(/\$\{\w+ \? '([^']*)'[^}]*\}/g, '$1')
          .replaceAll(/(?<=[a-z])\$\{[^}]*\}/gi, '')
          .replaceAll(/\$\{[^}]*\}/g, '1'),
      )
      .filter((text) => text !== '')
  })
  expect(texts.length).toBeGreaterThan(70)
  expect(texts.filter((text) => !patterns.some((pattern) => pattern.test(text)))).toEqual([])
})

const applied = [
  ...['admin', 'certificates', 'organizations', 'scanner', 'self-test', 'storage'].map(
    (name) => `server/src/setup/apply/${name}-task.ts`,
  ),
  ...['server/src/setup/apply/tasks.ts', 'server/src/setup/autostart.ts'],
]

it('every line of what was applied has words in each language', () => {
  const patterns = Object.entries(messages)
    .filter(([key]) => key.startsWith('line_apply_'))
    .map(([, text]) => new RegExp(`^${escaped(text).replaceAll(/\\\{\w+\\\}/g, '.+')}$`))
  const texts = applied.flatMap((file) => {
    const code = readFileSync(join(projectRoot, file), 'utf8')
    return [...code.matchAll(/(?:\breturn |\bnote\(|(?<!kind) [?:] )(['`])((?:(?!\1)[^])*)\1/g)]
      .map(([, , text = '']) =>
        text
          .replaceAll('${describe(pair)}', 'a.test; until 1')
          .replaceAll(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '1'),
      )
      .filter((text) => text.includes(' ') && /[a-z]/.test(text))
  })
  expect(texts.length).toBeGreaterThan(15)
  expect(texts.filter((text) => !patterns.some((pattern) => pattern.test(text)))).toEqual([])
})

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
}
