import { isDigest, type Digest } from '../storage/digest.ts'
import type { Reply, Session } from './session.ts'
import { findManifest } from './upstream-manifests.ts'
import { UpstreamFault } from './upstream-fault.ts'
import type { ReferrerHabits } from './referrer-habits.ts'
import { repositoryUrl } from './upstream-target.ts'
import type { ReferrersAsked, UpstreamDescriptor } from './upstream.ts'

const tagsPerPage = '1000'
const mostPages = 10_000
const mostBytes = 16 * 1024 * 1024
/** Of all pages of a list together, as somebody keeps them. */
const mostBytesOfList = 32 * 1024 * 1024
const mostErrorBytes = 1024 * 1024
const accept = 'application/vnd.oci.image.index.v1+json, application/json, */*;q=0.1'

interface Page<T> {
  readonly items: readonly T[]
  /** Whether the upstream knows the list at all. */
  readonly isThere: boolean
  /** It is not about what was asked for: there is no such list of anything. */
  readonly isUnknownApi: boolean
  readonly next: URL | undefined
  readonly sizeBytes: number
}

export async function* listTags(
  session: Session,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const first = repositoryUrl(session.target, 'tags', 'list', { n: tagsPerPage })
  const pages = pagesFrom(session, first, signal, (body) => {
    const { tags } = body
    // Null stands for none.
    if (tags === null || (tags === undefined && typeof body['name'] === 'string')) return []
    if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === 'string')) return undefined
    return tags
  })
  for await (const { items, isThere, reply } of pages) {
    if (!isThere) throw reply.fault('not_found', 'there is no such repository')
    yield* items
  }
}

/** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers */
export async function listReferrers(
  { session, habits }: { readonly session: Session; readonly habits: ReferrerHabits },
  digest: Digest,
  { signal, knownTags }: ReferrersAsked,
): Promise<readonly UpstreamDescriptor[]> {
  const { target } = session
  const byTag = () => referrersByTag(session, digest, { signal, knownTags })
  if (habits.keepsTags(target)) return byTag()
  const first = repositoryUrl(target, 'referrers', digest)
  const found: UpstreamDescriptor[] = []
  try {
    for await (const page of pagesFrom(session, first, signal, descriptorsIn)) {
      if (!page.isThere) {
        if (page.isUnknownApi) habits.noteTags(target)
        return await byTag()
      }
      found.push(...page.items)
    }
    return found
  } catch (error) {
    // What does not know the API may also refuse it, or show people a page.
    if (!isUnknownApi(error)) throw error
    const found = await byTag()
    habits.noteTags(target)
    return found
  }
}

function isUnknownApi(error: unknown): boolean {
  if (!(error instanceof UpstreamFault) || !error.asked.includes('/referrers/')) return false
  return error.code === 'auth_failed' || error.code === 'invalid_source_registry'
}

async function referrersByTag(
  session: Session,
  digest: Digest,
  { signal, knownTags }: ReferrersAsked,
): Promise<readonly UpstreamDescriptor[]> {
  const tag = digest.replace(':', '-')
  if (knownTags?.has(tag) === false) return []
  const manifest = await findManifest(session, tag, signal)
  const body = manifest && parseObject(manifest.bytes)
  return (body && descriptorsIn(body)) ?? []
}

async function* pagesFrom<T>(
  session: Session,
  first: URL,
  signal: AbortSignal,
  parse: (body: Readonly<Record<string, unknown>>) => readonly T[] | undefined,
): AsyncGenerator<Page<T> & { readonly reply: Reply }, void, undefined> {
  const seen = new Set<string>()
  let url: URL | undefined = first
  let sizeBytes = 0
  while (url !== undefined) {
    const page: Page<T> & { readonly reply: Reply } = await readPage(session, url, signal, parse)
    seen.add(url.href)
    url = page.next
    sizeBytes += page.sizeBytes
    const isTooMuch = seen.size >= mostPages || sizeBytes > mostBytesOfList
    const isEndless = url !== undefined && (seen.has(url.href) || isTooMuch)
    if (isEndless) throw page.reply.fault('invalid_source_registry', 'its list does not end')
    yield page
  }
}

function readPage<T>(
  session: Session,
  url: URL,
  signal: AbortSignal,
  parse: (body: Readonly<Record<string, unknown>>) => readonly T[] | undefined,
): Promise<Page<T> & { readonly reply: Reply }> {
  return session.ask({
    ...{ method: 'GET', url, headers: { accept }, signal },
    async read(reply) {
      if (reply.status !== 200) {
        // Older registries do not know every list.
        if (![400, 404, 405, 501].includes(reply.status)) {
          reply.discard()
          throw reply.fault('unknown_error', `it was answered ${reply.status}`)
        }
        const isUnknownApi = !isAboutContent(await reply.whole(mostErrorBytes))
        return { items: [], isThere: false, isUnknownApi, next: undefined, sizeBytes: 0, reply }
      }
      const next = nextPage(reply.header('link'), url)
      const bytes = await reply.whole(mostBytes)
      const body = parseObject(bytes)
      const items = body && parse(body)
      if (items === undefined) throw reply.fault('invalid_source_registry', 'the list is no list')
      return { items, isThere: true, isUnknownApi: false, next, sizeBytes: bytes.length, reply }
    },
  })
}

/** Something that is not there, rather than somewhere that is not there. */
function isAboutContent(bytes: Buffer): boolean {
  return /"(?:NAME|MANIFEST|BLOB)_[A-Z]+"/.test(bytes.toString('utf8'))
}

/** `</v2/a/tags/list?last=x&n=9>; rel="next"`; some write another scheme than the one they speak. */
function nextPage(link: string | undefined, url: URL): URL | undefined {
  const target = /<([^>]*)>[^,]*;\s*rel="?next\b/i.exec(link ?? '')?.[1]
  const next = target === undefined ? null : URL.parse(target, url.href)
  if (next === null) return undefined
  return new URL(next.pathname + next.search, url)
}

function parseObject(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}

function descriptorsIn(
  body: Readonly<Record<string, unknown>>,
): readonly UpstreamDescriptor[] | undefined {
  const { manifests } = body
  if (manifests === null) return []
  return Array.isArray(manifests) ? manifests.flatMap(descriptorOf) : undefined
}

function descriptorOf(value: unknown): readonly UpstreamDescriptor[] {
  if (typeof value !== 'object' || value === null) return []
  const { digest, mediaType, size, artifactType, annotations } = value as Readonly<
    Record<string, unknown>
  >
  if (typeof digest !== 'string' || !isDigest(digest)) return []
  if (typeof mediaType !== 'string' || !Number.isSafeInteger(size)) return []
  return [
    {
      ...{ mediaType, digest, size: Number(size) },
      ...(typeof artifactType === 'string' && { artifactType }),
      ...(isTexts(annotations) && { annotations }),
    },
  ]
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return false
  return Object.values(value).every((text) => typeof text === 'string')
}
