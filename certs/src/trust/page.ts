import { trustInstructions } from './instructions.ts'
import type { TrustInstruction, TrustTarget } from './target.ts'

/** Every instruction as one Markdown page. */
export function trustPage(target: TrustTarget): string {
  const sections = trustInstructions(target).map(section)
  return ['# Trusting the certificate authority', ...sections, ''].join('\n\n')
}

function section({ title, shell, commands, check, undo, note }: TrustInstruction): string {
  const block = (lines: readonly string[]) =>
    ['```' + (shell === 'sh' ? 'sh' : 'powershell'), ...lines, '```'].join('\n')
  const part = (heading: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [heading, block(lines)]
  return [
    `## ${title}`,
    ...(commands.length === 0 ? [] : [block(commands)]),
    ...part('Check:', check),
    ...part('Undo:', undo),
    ...(note === undefined ? [] : [`Note: ${note}.`]),
  ].join('\n\n')
}
