/** Host and port as they stand in front of an image; the usual port is left out. */
export function hostOf(name: string, port: number | null): string {
  const host = name.trim().includes(':')
    ? `[${name.trim().replaceAll(/^\[|\]$/g, '')}]`
    : name.trim()
  return port === null || port === 443 ? host : `${host}:${port}`
}

export const pullExample = (name: string, port: number | null) =>
  `podman pull ${hostOf(name, port)}/team/app:1.0`
