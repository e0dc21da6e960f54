/** One thing wrong with the settings. `found` and `expected` are ready to be shown: no secrets. */
export interface ConfigProblem {
  readonly key: string
  /** `config.yaml line 4`, `environment MOORING_HTTP_PORT`, `flag --port`, `config.yaml`. */
  readonly source: string
  readonly found: string
  readonly expected: string
}

/** Every bad setting at once, so that one look at the message is enough to repair them all. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    super(describe(problems))
    this.problems = problems
  }
}

function describe(problems: readonly ConfigProblem[]): string {
  const count = problems.length === 1 ? '1 setting is' : `${problems.length} settings are`
  const lines = problems.map(
    ({ key, source, found, expected }) =>
      `  ${key} (${source})\n    found:    ${found}\n    expected: ${expected}`,
  )
  return [`${count} wrong:`, ...lines].join('\n')
}
