import type { Command } from 'commander'

interface Source {
  /** What a command line begins with. */
  readonly words: readonly string[]
  readonly load: () => Promise<readonly Command[]>
}

/** Every command, in the order of the help. Loading them all takes longer than most of them run. */
const sources: readonly Source[] = [
  one('serve', async () => (await import('./serve-command.ts')).serveCommand()),
  one('setup', async () => (await import('./setup-command.ts')).setupCommand()),
  one('setup-code', async () => (await import('./setup-code-command.ts')).setupCodeCommand()),
  one('user', async () => (await import('./user-command.ts')).userCommand()),
  one('robot', async () => (await import('./robot-command.ts')).robotCommand()),
  one('org', async () => (await import('./organization-command.ts')).organizationCommand()),
  one('repository', async () => (await import('./repository-command.ts')).repositoryCommand()),
  one('gc', async () => (await import('./gc-command.ts')).gcCommand()),
  one('backup', async () => (await import('./backup-command.ts')).backupCommand()),
  one('mirror', async () => (await import('./mirror-command.ts')).mirrorCommand()),
  one('bundle', async () => (await import('./bundle-command.ts')).bundleCommand()),
  one('readonly', async () => (await import('./readonly-command.ts')).readonlyCommand()),
  one('workers', async () => (await import('./workers-command.ts')).workersCommand()),
  one('util', async () => (await import('./util-command.ts')).utilCommand()),
  one('cert', async () => (await import('./cert-command.ts')).certCommand()),
  one('config', async () => (await import('./config-command.ts')).configCommand()),
  one('service', async () => (await import('./service-command.ts')).serviceCommand()),
  one('health', async () => (await import('./health-command.ts')).healthCommand()),
  one('doctor', async () => (await import('./doctor-command.ts')).doctorCommand()),
  one('support-bundle', async () => (await import('./support-command.ts')).supportCommand()),
  {
    words: ['registry', 'registry-nomigrate', 'repomirror', 'repomirror-nomigrate', 'migrate'],
    load: async () => (await import('./mode-commands.ts')).modeCommands(),
  },
]

function one(word: string, load: () => Promise<Command>): Source {
  return { words: [word], load: async () => [await load()] }
}

/** The command that a command line names; all of them when it names none, for the help. */
export async function commandsFor(word: string | undefined): Promise<readonly Command[]> {
  const named = sources.filter(({ words }) => words.some((one) => one === word))
  const loaded = await Promise.all((named.length > 0 ? named : sources).map(({ load }) => load()))
  return loaded.flat()
}
