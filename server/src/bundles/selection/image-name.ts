import { isDigest, type Digest } from '../../storage/digest.ts'

export interface ImageName {
  readonly host: string | undefined
  readonly repository: string
  readonly tag: string | undefined
  readonly digest: Digest | undefined
}

const hostPattern = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/
const pathPattern = /^[a-z0-9*?][a-z0-9._*?/-]{0,254}$/
const tagPattern = /^[\w*?][\w.*?-]{0,127}$/
const platformPattern = /^[a-z0-9]{1,32}\/[a-z0-9_]{1,32}(?:\/[a-z0-9.]{1,32})?$/

/** The name of an image as clients write it, `*` and `?` allowed; undefined when it is none. */
export function parseImageName(written: string): ImageName | undefined {
  if (written.length > 600) return undefined
  const text = written.replace(/^docker:\/\//, '')
  const at = text.indexOf('@')
  const digest = at === -1 ? undefined : text.slice(at + 1)
  if (digest !== undefined && !isDigest(digest)) return undefined
  const named = at === -1 ? text : text.slice(0, at)
  const slash = named.indexOf('/')
  const first = slash === -1 ? '' : named.slice(0, slash).toLowerCase()
  const isHost = /[.:]/.test(first) || first === 'localhost'
  if (isHost && !hostPattern.test(first)) return undefined
  const rest = isHost ? named.slice(slash + 1) : named
  const colon = rest.indexOf(':', rest.lastIndexOf('/') + 1)
  const repository = colon === -1 ? rest : rest.slice(0, colon)
  const tag = colon === -1 ? undefined : rest.slice(colon + 1)
  if (!isRepositoryPattern(repository)) return undefined
  if (tag !== undefined && !tagPattern.test(tag)) return undefined
  return { host: isHost ? first : undefined, repository, tag, digest }
}

export const isHost = (text: string): boolean => hostPattern.test(text)

export const isRepositoryPattern = (text: string): boolean =>
  pathPattern.test(text) && !/\/\/|\/$/.test(text)

export const isTagPattern = (text: string): boolean => tagPattern.test(text)

export const isPattern = (text: string): boolean => /[*?]/.test(text)

export const isPlatform = (text: string): boolean => platformPattern.test(text)
