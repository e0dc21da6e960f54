/** A name that only who knows it recognizes: `ac••••me`. */
export function redactName(name: string): string {
  const kept = Math.max(Math.ceil(name.length / 3 - 1), 1)
  const hidden = Math.max(name.length - 2 * kept, 0)
  return `${name.slice(0, kept)}${'•'.repeat(hidden)}${name.slice(kept + hidden)}`
}
