import { send, type Exchange } from '../../http/exchange.ts'
import { acceptBody, readLimited } from '../../http/request-body.ts'
import { Problem } from '../../problem.ts'
import type { AuditEntry, AuditLog } from '../audit/audit-log.ts'
import { identityKeys } from '../audit/identity-keys.ts'
import type { RepositoryRow } from '../repositories/repository-store.ts'
import { parseTagName } from '../tags/tag-name.ts'
import type { Caller, RegistryGate } from '../tokens/registry-gate.ts'
import { accepts } from './accept.ts'
import { bareMediaType, isIndexMediaType } from './manifest-media-types.ts'
import { parseKnownReference, parseReference, type Reference } from './manifest-reference.ts'
import type { ManifestService } from './manifest-service.ts'
import type { ManifestRow } from './manifest-store.ts'

/** OCI distribution spec, "Pushing manifests": a registry takes at least this much. */
const manifestLimitBytes = 4 * 1024 * 1024
const tagParameterLimit = 100

export interface ManifestCounters {
  pulled(reference: 'tag' | 'manifest', status: number): void
  pushed(status: number, mediaType: string): void
}

/** `/v2/<name>/manifests/<reference>` (OCI distribution spec, "Manifests"). */
export function manifestOci({
  manifests,
  gate,
  audit,
  counters,
}: {
  manifests: ManifestService
  gate: RegistryGate
  audit: AuditLog
  counters: ManifestCounters
}) {
  return {
    async get(exchange: Exchange, name: string, referenceText: string): Promise<void> {
      const { caller, repository } = await gate.admit(exchange, name, 'pull')
      const reference = parseKnownReference(referenceText)
      const found = await manifests.require(repository.id, reference)
      const manifest = await negotiate(exchange, repository, reference, found)
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
    },

    async put(exchange: Exchange, name: string, referenceText: string): Promise<void> {
      const { caller, repository } = await gate.admit(exchange, name, 'push')
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
        record: (tx, mediaType) =>
          audit.recordIn(
            tx,
            logEntry('push_repo', exchange, caller, repository, {
              tag: reference.kind === 'tag' ? reference.tag : reference.digest,
              mediaType,
            }),
          ),
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
      const { caller, repository } = await gate.admit(exchange, name, 'delete')
      const reference = parseKnownReference(referenceText)
      await manifests.delete(repository.id, reference, async (tx, tags) => {
        for (const tag of tags) {
          await audit.recordIn(
            tx,
            logEntry('delete_tag', exchange, caller, repository, {
              tag,
              ...(reference.kind === 'digest' ? { digest: reference.digest } : {}),
            }),
          )
        }
      })
      send(exchange, 202, {})
    },
  }

  /**
   * The stored manifest when the client takes its type; an index becomes its linux/amd64 child for
   * clients that ask for images only (registry-protocol, 6.4). By digest there is nothing to choose.
   */
  async function negotiate(
    { req }: Exchange,
    repository: RepositoryRow,
    reference: Reference,
    manifest: ManifestRow,
  ): Promise<ManifestRow> {
    if (reference.kind === 'digest' || accepts(req.headers.accept, manifest.media_type))
      return manifest
    if (isIndexMediaType(manifest.media_type)) {
      const child = await manifests.findDefaultPlatform(repository.id, manifest)
      if (child !== undefined && accepts(req.headers.accept, child.media_type)) return child
    }
    throw new Problem('manifest-unknown', {
      message: `the manifest has type ${manifest.media_type}, which the Accept header does not list`,
    })
  }
}

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
