import { send, type Exchange } from '../../http/exchange.ts'
import { acceptBody, readLimited } from '../../http/request-body.ts'
import { isProblem, Problem } from '../../problem.ts'
import { isDigest } from '../../storage/digest.ts'
import type { AuditEntry, AuditLog } from '../audit/audit-log.ts'
import { identityKeys } from '../audit/identity-keys.ts'
import type { Pull, PullThrough } from '../proxy-cache/pull-through-service.ts'
import type { PullStatistics } from '../pull-statistics/pull-statistics-service.ts'
import type { RepositoryRow } from '../repositories/repository-store.ts'
import { parseTagName } from '../tags/tag-name.ts'
import type {
  Admission,
  Caller,
  RegistryAction,
  RegistryGate,
  WhenMissing,
} from '../tokens/registry-gate.ts'
import { accepts } from './accept.ts'
import { bareMediaType, isIndexMediaType } from './manifest-media-types.ts'
import { parseKnownReference, parseReference, type Reference } from './manifest-reference.ts'
import type { ManifestService } from './manifest-service.ts'
import type { ManifestRow } from './manifest-store.ts'

/** OCI distribution spec, "Pushing manifests": a registry takes at least this much. */
const manifestLimitBytes = 4 * 1024 * 1024
const tagParameterLimit = 100

export interface RecordedRefusals {
  readonly pullFailures: boolean
  readonly pushFailures: boolean
  readonly deleteFailures: boolean
}

const refusal = {
  pull: { kind: 'pull_repo_failed', recorded: 'pullFailures' },
  push: { kind: 'push_repo_failed', recorded: 'pushFailures' },
  delete: { kind: 'delete_tag_failed', recorded: 'deleteFailures' },
} as const

export interface ManifestCounters {
  pulled(reference: 'tag' | 'manifest', status: number): void
  pushed(status: number, mediaType: string): void
}

/** `/v2/<name>/manifests/<reference>` (OCI distribution spec, "Manifests"). */
export function manifestOci({
  manifests,
  upstream,
  statistics,
  gate,
  audit,
  refusals,
  counters,
}: {
  manifests: ManifestService
  /** Where a cache of another registry looks first; absent: there is none. */
  upstream?: PullThrough | undefined
  statistics: Pick<PullStatistics, 'record'>
  gate: RegistryGate
  audit: AuditLog
  /** Which refused calls are recorded (ACTION_LOG_AUDIT_…_FAILURES). */
  refusals: RecordedRefusals
  counters: ManifestCounters
}) {
  return {
    async get(exchange: Exchange, name: string, referenceText: string): Promise<void> {
      const { caller, repository } = await admitPull(exchange, name, referenceText)
      const reference = parseKnownReference(referenceText)
      const found = await manifests.require(repository.id, reference)
      const manifest = await negotiate(exchange, { caller, repository }, reference, found)
      const headers = {
        'Content-Type': manifest.media_type,
        'Docker-Content-Digest': manifest.digest,
        ETag: `"${manifest.digest}"`,
      }
      if (exchange.req.headers['if-none-match'] === headers.ETag) {
        send(exchange, 304, { ...headers, 'Content-Length': undefined })
      } else if (exchange.method === 'HEAD') {
        send(exchange, 200, { ...headers, 'Content-Length': manifest.size_bytes })
      } else {
        send(exchange, 200, headers, await manifests.read(manifest))
      }
      audit.record(
        logEntry('pull_repo', exchange, caller, repository, {
          ...(reference.kind === 'tag'
            ? { tag: reference.tag }
            : { manifest_digest: reference.digest }),
          mediaType: manifest.media_type,
        }),
      )
      counters.pulled(reference.kind === 'tag' ? 'tag' : 'manifest', 200)
      if (exchange.method === 'GET') {
        statistics.record({
          repositoryId: repository.id,
          manifestId: manifest.id,
          tag: reference.kind === 'tag' ? reference.tag : undefined,
        })
      }
    },

    async put(exchange: Exchange, name: string, referenceText: string): Promise<void> {
      const { caller, repository } = await admit(exchange, name, referenceText, 'push')
      const reference = parseReference(referenceText)
      const tagParameters = exchange.query.getAll('tag')
      if (tagParameters.length > tagParameterLimit) {
        throw new Problem('request-invalid', { message: 'too many tags requested' })
      }
      const tags = tagParameters.map(parseTagName)
      const contentType = bareMediaType(exchange.req.headers['content-type'])
      acceptBody(exchange)
      const bytes = await readLimited(exchange.req, manifestLimitBytes)
      const { digest, mediaType, subject } = await manifests.push({
        repositoryId: repository.id,
        reference,
        tags,
        contentType,
        bytes,
        async record(tx, { mediaType, frozen }) {
          const entry = logEntry('push_repo', exchange, caller, repository, {
            tag: reference.kind === 'tag' ? reference.tag : reference.digest,
            mediaType,
          })
          const pushed = reference.kind === 'tag' ? [reference.tag, ...tags] : tags
          await audit.recordIn(tx, { ...entry, tags: [...new Set(pushed)] })
          for (const tag of frozen) {
            const { repo, namespace } = entry.metadata
            const metadata = { tag, repo, namespace, immutable: true }
            await audit.recordIn(tx, { ...entry, kind: 'tag_made_immutable_by_policy', metadata })
          }
        },
      })
      counters.pushed(201, mediaType)
      send(
        exchange,
        201,
        {
          Location: `/v2/${repository.full_name}/manifests/${digest}`,
          'Docker-Content-Digest': digest,
          'OCI-Subject': subject,
          ...(tags.length > 0 ? { 'OCI-Tag': tags } : {}),
        },
        'OK',
      )
    },

    async delete(exchange: Exchange, name: string, referenceText: string): Promise<void> {
      const { caller, repository } = await admit(exchange, name, referenceText, 'delete')
      const reference = parseKnownReference(referenceText)
      await manifests.delete(repository.id, reference, async (tx, tags) => {
        // A manifest without a tag goes too, and somebody has to be able to see who did it.
        for (const tag of tags.length > 0 ? tags : [undefined]) {
          await audit.recordIn(
            tx,
            logEntry('delete_tag', exchange, caller, repository, {
              ...(tag === undefined ? {} : { tag }),
              ...(reference.kind === 'digest' ? { digest: reference.digest } : {}),
            }),
          )
        }
      })
      send(exchange, 202, {})
    },
  }

  /** As `admit`; in a cache, what is asked for has been looked for upstream afterwards. */
  async function admitPull(exchange: Exchange, name: string, text: string): Promise<Admission> {
    if (upstream === undefined) return admit(exchange, name, text, 'pull')
    const pullBy = (caller: Caller) => pullOf(exchange, caller, parseKnownReference(text))
    const made = new Set<RepositoryRow>()
    const admission = await admit(exchange, name, text, 'pull', async (caller, parsedName) => {
      const repository = await upstream.create(pullBy(caller), parsedName)
      if (repository !== undefined) made.add(repository)
      return repository
    })
    const { caller, repository } = admission
    if (!made.has(repository)) await upstream.refresh(pullBy(caller), repository)
    return admission
  }

  /**
   * Lets the call in, or records that somebody without the right asked. A call without credentials is
   * how every client begins, to learn where the token service is.
   */
  async function admit(
    exchange: Exchange,
    name: string,
    referenceText: string,
    action: RegistryAction,
    whenMissing?: WhenMissing,
  ): Promise<Admission> {
    try {
      return await gate.admit(exchange, name, action, whenMissing)
    } catch (error) {
      const { kind, recorded } = refusal[action]
      const showedCredentials = exchange.req.headers.authorization !== undefined
      if (refusals[recorded] && showedCredentials && isProblem(error, 'access-denied')) {
        const slash = name.indexOf('/')
        audit.record({
          kind,
          account: null,
          actor: { principal: { kind: 'anonymous' }, ip: exchange.clientAddress },
          metadata: {
            namespace: name.slice(0, Math.max(slash, 0)),
            repo: name.slice(slash + 1).slice(0, 255),
            [isDigest(referenceText) ? 'manifest_digest' : 'tag']: referenceText.slice(0, 255),
            message: 'access to the requested resource is not authorized',
          },
        })
      }
      throw error
    }
  }

  /**
   * The stored manifest when the client takes its type; an index becomes its linux/amd64 child for
   * clients that ask for images only (registry-protocol, 6.4). By digest there is nothing to choose.
   */
  async function negotiate(
    exchange: Exchange,
    { caller, repository }: Admission,
    reference: Reference,
    manifest: ManifestRow,
  ): Promise<ManifestRow> {
    const { accept } = exchange.req.headers
    if (reference.kind === 'digest' || accepts(accept, manifest.media_type)) return manifest
    if (isIndexMediaType(manifest.media_type)) {
      const child = await manifests.findDefaultPlatform(repository.id, manifest, async (digest) => {
        const pull = pullOf(exchange, caller, { kind: 'digest', digest })
        await upstream?.refresh(pull, repository)
      })
      if (child !== undefined && accepts(accept, child.media_type)) return child
    }
    throw new Problem('manifest-unknown', {
      message: `the manifest has type ${manifest.media_type}, which the Accept header does not list`,
    })
  }
}

const pullOf = (
  { clientAddress: ip }: Exchange,
  { principal }: Caller,
  reference: Reference,
): Pull => ({ principal, ip, reference })

function logEntry(
  kind: 'pull_repo' | 'push_repo' | 'delete_tag',
  { req, clientAddress }: Exchange,
  { principal }: Caller,
  repository: RepositoryRow,
  metadata: Readonly<Record<string, unknown>>,
): AuditEntry {
  const slash = repository.full_name.indexOf('/')
  const namespace = repository.full_name.slice(0, slash)
  return {
    kind,
    account: { id: repository.namespace_user_id, username: namespace },
    actor: { principal, ip: clientAddress },
    repositoryId: repository.id,
    metadata: {
      repo: repository.full_name.slice(slash + 1),
      namespace,
      'user-agent': req.headers['user-agent'] ?? '',
      ...identityKeys(principal),
      ...metadata,
    },
  }
}
