import { z } from 'zod'

import { JobProgress } from './backup.ts'
import { wireDate } from './values.ts'

export const superuserOfBundles = {
  area: 'mooring',
  rule: { kind: 'superuser' },
  scope: 'super:user',
  switches: ['FEATURE_SUPER_USERS'],
} as const

const bytes = z.number().nonnegative()
const count = z.int().nonnegative()
/** A file that was read in a browser: as text, or in base64 when it is no text. */
const documentText = z.string().min(1).max(16_777_216)

/** What a bundle carries: repositories of this registry, a list of any known form, or a request. */
export const BundleSelection = z
  .object({
    repositories: z
      .array(
        z.object({
          /** `organization/repository`, where `*` stands for any text. */
          name: z.string().min(1).max(255),
          /** Names or patterns of tags; all when left out. */
          tags: z.array(z.string().min(1).max(128)).max(1_000).optional(),
        }),
      )
      .max(10_000)
      .optional(),
    /** Image references, of other registries as well, or a file of Kubernetes, Helm, oc-mirror, hauler or skopeo-sync. */
    list: z.string().max(1_048_576).optional(),
    /** The request of a site that lacks a base. */
    request: documentText.optional(),
    /** References that are left out of all that, `*` for any text. */
    exclude: z.array(z.string().min(1).max(700)).max(10_000).optional(),
    /** Only so many tags of each repository, the latest first. */
    newest: z.int().min(1).max(100_000).optional(),
    /** Of tags, only those whose image the base has not; new signatures of the others stay behind. */
    changed: z.boolean().optional(),
    /** Only tags whose image has this label: `key`, or `key=value`. */
    label: z.string().min(1).max(512).optional(),
    /** Only tags that somebody pulled in the last so many days. */
    pulled_days: z.int().min(1).max(3_650).optional(),
  })
  .meta({ id: 'BundleSelection' })

/** What the other side has already. */
export const BundleBaseChoice = z
  .object({
    kind: z.enum(['none', 'receipt', 'bundle']),
    /**
     * Of the receipt or bundle. When left out: the newest receipt; the last bundle of the stream,
     * and everything as long as it has none.
     */
    id: z.string().min(1).max(128).optional(),
  })
  .meta({ id: 'BundleBaseChoice' })

/** How another registry is reached; credentials are kept only while the job needs them. */
export const BundleUpstream = z
  .object({
    /** `host[:port]` as the list writes it. */
    host: z.string().min(1).max(255),
    username: z.string().min(1).max(255).optional(),
    password: z.string().min(1).max(8_192).optional(),
    /** Take any certificate. */
    verify_tls: z.boolean().optional(),
    plain_http: z.boolean().optional(),
  })
  .meta({ id: 'BundleUpstream' })

/** What a plan and an export are made from. */
export const bundleContent = {
  selection: BundleSelection,
  base: BundleBaseChoice.optional(),
  /** `linux/amd64`; all when left out. Leaving some out makes a sparse bundle. */
  platforms: z.array(z.string().min(1).max(64)).max(50).optional(),
  /** Signatures and whatever else refers to an image. On unless switched off. */
  referrers: z.boolean().optional(),
  /** Propose to delete what the last bundle of the stream, or the base, carried and is gone here. */
  propose_deletions: z.boolean().optional(),
  /** Bytes or `fat32`, `cd700`, `dvd`, `dvd-dl`, `bd25`, `bd50`, `bd100`, `usb:64G`; one volume when left out. */
  volume_size: z.string().max(32).optional(),
  /** `2MB/s`: what the medium or the link takes. */
  rate: z.string().max(32).optional(),
}

/** How what was planned is written. */
export const bundleWriting = {
  /** A folder to each volume, or a tar file, which a browser can take along. */
  format: z.enum(['directory', 'tar']).optional(),
  stream: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/)
    .optional(),
  /** For whom each volume is encrypted, as age writes recipients: `age1…`. Only tar files are. */
  encrypt: z.array(z.string().min(1).max(100)).min(1).max(20).optional(),
  /** A small layout for each repository, with short tags; for folders only, and not on FAT. */
  compat_index: z.boolean().optional(),
  /** Read back what was written. On unless switched off. */
  verify: z.boolean().optional(),
}

export const BundlePlan = z
  .object({
    images: count,
    repositories: count,
    referrers: count,
    blobs: count,
    /** Everything that is chosen, what the base has of it, and what has to be carried. */
    total_bytes: bytes,
    present_bytes: bytes,
    carry_bytes: bytes,
    carry_blobs: count,
    /** What of that the base has not: manifests and configs are carried even if it has them. */
    new_blobs: count,
    new_bytes: bytes,
    is_sparse: z.boolean(),
    base: z.object({ kind: z.enum(['none', 'receipt', 'bundle']), id: z.string().nullable() }),
    volumes: z.array(z.object({ n: z.int().min(1), bytes })),
    /** All volumes as they are written: the content, the lists and what a medium takes for itself. */
    written_bytes: bytes,
    /** Of one volume; null: it has no limit. */
    volume_bytes: bytes.nullable(),
    /** Null: no rate was given, and nothing was written to this drive before. */
    seconds: z.number().nonnegative().nullable(),
    /** The rate was measured when the last bundle was written to this drive. */
    is_measured: z.boolean(),
    /** Where it goes; null: nothing can be told of that. */
    free_bytes: bytes.nullable(),
    /** At the site when its receipt was made; null where no receipt is the base. */
    site_free_bytes: bytes.nullable(),
    fits: z.boolean(),
    biggest: z.array(z.object({ reference: z.string(), bytes })),
    /** What the other side is asked to delete; it does so only when somebody there says so. */
    deletions: z.array(z.string()),
    /** What was asked for and cannot be carried, with the reason. */
    problems: z.array(z.object({ reference: z.string(), message: z.string() })),
  })
  .meta({ id: 'BundlePlan' })

/** Where a bundle is: below one of the places of the server, or in an upload. */
export const BundleSource = z
  .object({
    path: z.string().min(1).max(4_096).optional(),
    upload_id: z.string().min(1).max(64).optional(),
  })
  .meta({ id: 'BundleSource' })

/** An age identity, as a key file, beside that of this registry; kept only while the job needs it. */
export const bundleIdentity = z.string().min(1).max(16_384).optional()

export const BundleSignature = z
  .object({
    state: z.enum(['trusted', 'unknown-key', 'invalid', 'missing']),
    key_id: z.string().nullable(),
    /** Name of the trust anchor. */
    signer: z.string().nullable(),
    /** To be compared with what the source shows. */
    fingerprint: z.string().nullable(),
    /** In the form of minisign; only of keys that are known or come along. */
    public_key: z.string().nullable(),
  })
  .meta({ id: 'BundleSignature' })

export const BundleFact = z
  .object({
    code: z.string(),
    message: z.string(),
    volume: z.int().nullable(),
    file: z.string().nullable(),
    next_step: z.string().nullable(),
  })
  .meta({ id: 'BundleFact' })

export const BundleManifestView = z
  .object({
    id: z.string(),
    created: z.string(),
    source_name: z.string(),
    source_key_id: z.string(),
    stream: z.string().nullable(),
    sequence: z.int().nullable(),
    base: z.object({ kind: z.enum(['none', 'receipt', 'bundle']), id: z.string().nullable() }),
    entries: count,
    blobs: count,
    assumed: count,
    bytes,
    features: z.array(z.string()),
  })
  .meta({ id: 'BundleManifest' })

export const BundleVolumeView = z
  .object({
    n: z.int().min(1),
    bytes,
    state: z.enum(['present', 'missing', 'damaged']),
    /** What is wrong with it: missing or damaged files. */
    facts: z.array(BundleFact),
  })
  .meta({ id: 'BundleVolume' })

/** Of a tag that cannot simply move: leave it, move it, or bring the image as `<tag>-<stream>`. */
export const ConflictAnswer = z.enum(['keep', 'take', 'rename'])

/** What the target takes, whatever a bundle brings; what is left out is not looked at. */
export const BundlePolicy = z
  .object({
    /** Ids of keys, of which one has to have signed. */
    signed_by: z.array(z.string().min(1).max(64)).min(1).max(100).optional(),
    /** Of everything that comes in, and of one image. */
    max_bytes: z.int().positive().optional(),
    max_image_bytes: z.int().positive().optional(),
    /** Patterns of media types and artifact types. */
    media_types: z.array(z.string().min(1).max(255)).max(100).optional(),
    /** Patterns of the names that images may get here. */
    repositories: z.array(z.string().min(1).max(255)).max(1_000).optional(),
  })
  .strict()
  .meta({ id: 'BundlePolicy' })

/** How a bundle comes in. */
export const importChoices = {
  /** Rules such as `quay.io/(.*)=mirror/$1`, the first that fits decides. */
  map: z.array(z.string().min(3).max(500)).max(100).optional(),
  /** Tags may go back to what they were before. */
  allow_rollback: z.boolean().optional(),
  /** What happens to tags that were changed here since the last import. */
  on_conflict: ConflictAnswer.optional(),
  /** Decided one by one; the rest goes by `on_conflict` and `allow_rollback`. */
  choices: z
    .array(
      z.object({
        repository: z.string().min(1).max(600),
        /** As the bundle calls it. */
        tag: z.string().min(1).max(128),
        choice: ConflictAnswer,
      }),
    )
    .max(10_000)
    .optional(),
  /** Proposals of the bundle that are followed: references, `*` for any text. */
  deletions: z.array(z.string().min(1).max(700)).max(10_000).optional(),
  policy: BundlePolicy.optional(),
}

const TagChange = z.object({
  repository: z.string(),
  /** As the bundle calls it. */
  tag: z.string().nullable(),
  /** The name beside it, under which the image comes in. */
  renamed_to: z.string().nullable(),
  digest: z.string(),
  what: z.enum(['new', 'moved', 'unchanged', 'kept']),
  /** What somebody may decide about, and how. */
  conflict: z.enum(['immutable', 'rollback', 'changed-here']).nullable(),
  choices: z.array(ConflictAnswer),
  /** Why a tag stays as it is. */
  reason: z
    .enum([
      'immutable',
      'rollback',
      'read-only',
      'mirror',
      'quota',
      'changed-here',
      'name',
      'sparse',
      'policy',
    ])
    .nullable(),
  message: z.string().nullable(),
})

/** A tag that the source has no more. */
const TagDeletion = z.object({
  /** As the source calls it. */
  reference: z.string(),
  repository: z.string(),
  tag: z.string(),
  /** What it is on here. */
  digest: z.string().nullable(),
  /** Proposed: nobody chose it, so nothing happens. */
  what: z.enum(['proposed', 'deleted', 'absent', 'kept']),
  /** Why it stays whatever is chosen. */
  reason: z.enum(['immutable', 'read-only', 'mirror', 'changed-here', 'brought']).nullable(),
})

/** What an import does, or would do. */
export const BundleChanges = z
  .object({
    organizations_new: z.array(z.string()),
    repositories_new: z.array(z.string()),
    tags: z.object({ new: count, moved: count, unchanged: count, kept: count }),
    /** At most a thousand, what can be decided and what is kept as it is first. */
    rows: z.array(TagChange),
    /** At most a thousand. */
    deletions: z.array(TagDeletion),
    blobs_new: count,
    bytes_new: bytes,
    blobs_present: count,
  })
  .meta({ id: 'BundleChanges' })

export const BundleJobProgress = JobProgress.extend({
  state: z.enum(['queued', 'running', 'paused', 'waiting', 'done', 'failed', 'cancelled']),
}).meta({ id: 'BundleJobProgress' })

const ExportResult = z.object({
  kind: z.literal('export'),
  bundle_id: z.string(),
  path: z.string(),
  volumes: z.array(z.object({ n: z.int().min(1), bytes, name: z.string() })),
  /** How fast the medium took it; left out where nothing could be told. */
  bytes_per_second: bytes.optional(),
  /** Of the key that signed it. */
  fingerprint: z.string(),
  /** For whom it is encrypted. */
  recipients: z.array(z.string()).optional(),
  /** What was asked for and is not in it, with the reason. */
  problems: z.array(z.object({ reference: z.string(), message: z.string() })),
})
const VerifyResult = z.object({
  kind: z.literal('verify'),
  bundle_id: z.string().nullable(),
  is_sound: z.boolean(),
  signature: BundleSignature,
  volumes: z.array(BundleVolumeView),
  facts: z.array(BundleFact),
})
const ImportResult = z.object({
  kind: z.literal('import'),
  bundle_id: z.string(),
  dry_run: z.boolean(),
  changes: BundleChanges,
  warnings: z.array(BundleFact),
  /** Blobs of the base that are not here: no tag moved, and a request says what is needed. */
  missing: count,
  /** The rules that names were mapped by, for what clients are told; absent when there were none. */
  map: z.array(z.string()).optional(),
})

export const BundleJob = z
  .object({
    id: z.string(),
    kind: z.enum(['export', 'import', 'verify']),
    by: z.string().nullable(),
    created: wireDate,
    ended: wireDate.nullable(),
    /** Of the bundle, as far as it is known. */
    bundle_id: z.string().nullable(),
    path: z.string().nullable(),
    progress: BundleJobProgress,
    /** While it waits: the volumes that have yet to come. */
    waiting_for: z.array(z.int()),
    result: z.discriminatedUnion('kind', [ExportResult, VerifyResult, ImportResult]).nullable(),
    error: BundleFact.nullable(),
  })
  .meta({ id: 'BundleJob' })
