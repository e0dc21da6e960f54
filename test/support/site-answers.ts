import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from './source-files.ts'

/**
 * The example of an answer file as a bare machine without network can have it: its own name and
 * address, no mirrors, no scanner; the password is in the file `secret` beside it.
 */
export function answersLike(
  name: string,
  ports: { readonly https: number; readonly http: number; readonly metrics: number },
  storagePath = '/var/lib/mooring/storage',
): string {
  const text = readFileSync(join(projectRoot, 'installer/site.example.yaml'), 'utf8')
  const changes: readonly (readonly [RegExp, string])[] = [
    [/^mirrors:[^]*$/m, ''],
    [/primaryName: \S+/, `primaryName: ${name}`],
    [/moreNames: \[.*\]/, 'moreNames: []'],
    [/addresses: \[.*\]/, 'addresses: [127.0.0.1]'],
    [/family: \S+/, 'family: IPv4'],
    [/path: \/var\S+/, `path: ${storagePath}`],
    [/httpsPort: \d+/, `httpsPort: ${ports.https}`],
    [/httpPort: \d+/, `httpPort: ${ports.http}`],
    [/metricsPort: \d+/, `metricsPort: ${ports.metrics}`],
    [/outbound:\n[^]*?\n\n/, 'outbound: {kind: none}\n\n'],
    // The disk of whoever runs this may be full enough.
    [/warnAtPercent: \d+/, 'warnAtPercent: 98'],
    [/stopAtPercent: \d+/, 'stopAtPercent: 99'],
    [/password: change-\S+/, 'password: {file: secret}'],
  ]
  return changes.reduce((answers, [pattern, value]) => {
    if (!pattern.test(answers)) throw new Error(`the example has nothing like ${pattern.source}`)
    return answers.replace(pattern, value)
  }, text)
}
