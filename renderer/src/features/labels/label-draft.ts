/** `key=value`: everything behind the first equals sign is the value. */
export function parseLabel(text: string): { key: string; value: string } | undefined {
  const at = text.indexOf('=')
  const key = text.slice(0, at).trim()
  return at <= 0 || key === '' ? undefined : { key, value: text.slice(at + 1).trim() }
}

export const labelText = ({ key, value }: { key: string; value: string }) => `${key}=${value}`
