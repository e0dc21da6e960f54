import { Problem } from '../../problem.ts'

const longestPattern = 256

/** Which tags a policy makes immutable: those whose whole name matches, or all the others. */
export interface TagRule {
  readonly pattern: string
  readonly matches: boolean
}

/** @throws Problem `request-invalid` with the reason */
export function requireTagPattern(pattern: string): string {
  if (pattern === '') refuse('tag_pattern is required and must be a non-empty string')
  if (pattern.length > longestPattern) refuse('tag_pattern must be 256 characters or less')
  try {
    compileTagPattern(pattern)
  } catch (error) {
    refuse(`Invalid regex pattern: ${error instanceof Error ? reasonOf(error) : 'unreadable'}`)
  }
  return pattern
}

/** @throws SyntaxError */
export function compileTagPattern(pattern: string): RegExp {
  const source = pattern.replaceAll(/\\([^])/g, (escape, character: string) =>
    isPlainMark(character) ? hexOf(character) : escape,
  )
  // Alone first: `a)|(b` is a pattern only between the parentheses of another.
  return new RegExp(`^(?:${new RegExp(source, 'u').source})$`, 'u')
}

/** `\-` is common, and an error in a strict pattern outside of a class. */
function isPlainMark(character: string): boolean {
  return /[^\w\s^$\\.*+?()[\]{}|/]/.test(character) && character <= '~'
}

function hexOf(character: string): string {
  return String.raw`\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
}

/** Without the pattern, which the message would repeat. */
function reasonOf({ message }: Error): string {
  return message.slice(message.lastIndexOf(': ') + 2)
}

function refuse(message: string): never {
  throw new Problem('request-invalid', { message })
}
