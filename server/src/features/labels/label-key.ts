const keyPattern = /^[a-z0-9](?:(?:[a-z0-9]|[-.](?![.-]))*[a-z0-9])?$/

/** Keys that only images and the registry itself set (api-shapes, 13.3). */
const reservedPrefixes = [
  'com.docker.',
  'io.docker.',
  'org.dockerproject.',
  'org.opencontainers.',
  'io.cncf.',
  'io.kubernetes.',
  'io.k8s.',
  'io.quay',
  'com.coreos',
  'com.tectonic',
  'internal',
  'quay',
]

export function isReservedKey(key: string, further: readonly string[]): boolean {
  return [...reservedPrefixes, ...further].some((prefix) => key.startsWith(prefix))
}

export function isLabelKey(key: string): boolean {
  return key.length <= 255 && keyPattern.test(key)
}
