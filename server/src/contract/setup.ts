import { z } from 'zod'
import { SetupLanguage, StepId } from './setup-steps.ts'

/** The API of the setup: `/api/v1/mooring/setup/…`, before there is a registry. */
export const setupBase = '/api/v1/mooring/setup'

/** `MOOR-SET-004`: what programs depend on; the text beside it is English for people. */
export const MooringCode = z.string().regex(/^MOOR-[A-Z]{2,4}-\d{3}$/)

/** Facts of a message, for its translation. */
const Facts = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))

export const Finding = z
  .object({
    code: MooringCode,
    text: z.string(),
    /** What to do about it. */
    next: z.string(),
    facts: Facts,
  })
  .meta({ id: 'SetupFinding' })

/** One thing that a live check tried. A line is sent again, with the same id, when it is through. */
export const TestLine = z
  .object({
    /** `bind:[::]:8443`: the same thing has the same id in every run. */
    id: z.string(),
    state: z.enum(['running', 'ok', 'warning', 'failed']),
    /** What was tried and what came of it, in one English sentence. */
    text: z.string(),
    milliseconds: z.number(),
    /** Of a warning or a failure. */
    finding: Finding.optional(),
    facts: Facts.optional(),
  })
  .meta({ id: 'SetupTestLine' })
export type TestLine = z.output<typeof TestLine>

export const StepView = z
  .object({
    id: StepId,
    /** `open`: not reached yet. `attention`: saved, and something about it is wrong by now. */
    state: z.enum(['open', 'current', 'done', 'attention', 'skipped']),
    required: z.boolean(),
    /** As saved, else as proposed; a secret is `{"stored": …}`. */
    values: z.unknown(),
    saved: z.boolean(),
    /** Why it needs attention. */
    findings: z.array(Finding),
    /** Of the check that the saved values passed, or that was overruled. */
    tests: z.array(TestLine),
    summary: z.array(z.object({ label: z.string(), value: z.string() })),
  })
  .meta({ id: 'SetupStep' })

export const ApplyTaskId = z.enum([
  'config',
  'storage',
  'database',
  'certificates',
  'admin',
  'listeners',
  'self-test',
  'organizations',
  'scanner',
  'service',
  'close',
])
export type ApplyTaskId = z.output<typeof ApplyTaskId>

export const ApplyTask = z
  .object({
    id: ApplyTaskId,
    state: z.enum(['pending', 'running', 'done', 'failed']),
    startedAt: z.iso.datetime().nullable(),
    milliseconds: z.number().nullable(),
    /** What it did last. */
    line: z.string(),
    /** Why it failed; of one that is done, what of it did not work out. */
    finding: Finding.nullable(),
    /** The step whose settings would help. */
    step: StepId.nullable(),
  })
  .meta({ id: 'SetupTask' })
export type ApplyTask = z.output<typeof ApplyTask>

const TrustedAuthority = z.object({ sha256Fingerprint: z.string(), serial: z.string() })

export const ApplyView = z
  .object({
    phase: z.enum(['open', 'applying', 'failed', 'finished']),
    tasks: z.array(ApplyTask),
    /** Starting over has to be typed from here on, because it removes what was created. */
    pastReturn: z.boolean(),
    /** Where the registry is, or will be: `https://registry.example.lan:8443`. */
    address: z.string(),
    /** Of the authority that clients have to trust; null until it exists. */
    authority: TrustedAuthority.nullable(),
    /** Its key waits, encrypted, to be taken away: see POST /authority-key/taken. */
    keyToTake: z.boolean(),
  })
  .meta({ id: 'SetupApply' })
export type ApplyView = z.output<typeof ApplyView>

export const SetupState = z
  .object({
    version: z.string(),
    phase: ApplyView.shape.phase,
    language: SetupLanguage,
    /** The first step that is not through; `review` when all are. */
    current: z.union([StepId, z.literal('review')]),
    savedAt: z.iso.datetime().nullable(),
    steps: z.array(StepView),
    /** What clients will type. */
    example: z.string(),
    /** Nothing is applied before it is `stored`; a change of what it names makes it `missing`. */
    recoveryKit: z.enum(['missing', 'made', 'stored']),
  })
  .meta({ id: 'SetupState' })
export type SetupState = z.output<typeof SetupState>

/** What is wrong with the values of a step, by the path of the field: `upstreams.0.url`. */
export const FieldErrors = z.array(z.object({ field: z.string(), text: z.string() }))
export type FieldErrors = z.output<typeof FieldErrors>

/** The body of every answer that is no success. */
export const SetupFault = Finding.extend({
  /** Of values that do not fit. */
  fields: FieldErrors.optional(),
  /** Of a check that failed. */
  tests: z.array(TestLine).optional(),
}).meta({ id: 'SetupFault' })
export type SetupFault = z.output<typeof SetupFault>

export const OpenSession = z.object({
  code: z.string().max(128),
  /** Ends the session of another browser. */
  takeOver: z.boolean().default(false),
})
export const SessionView = z.object({
  open: z.boolean(),
  idleMinutes: z.number(),
  /** Known to whoever is not in as well: whether there is something to set up at all. */
  phase: ApplyView.shape.phase,
})

/** PUT /steps/{id} */
export const SaveStep = z.object({
  values: z.unknown(),
  /** Save although a check failed. */
  saveAnyway: z.boolean().default(false),
})
/** POST /steps/{id}/check: what is wrong with the values as they stand, without trying them. */
export const CheckStep = z.object({ values: z.unknown() })
export const CheckedStep = z.object({ errors: FieldErrors })
/** POST /steps/{id}/test: answered as NDJSON, one TestLine a line; closing the connection cancels. */
export const TestStep = z.object({ values: z.unknown() })

export const SetLanguage = z.object({ language: SetupLanguage })
export const StartOver = z.object({
  /** `start over`, once something was created. */
  confirm: z.string().max(64).default(''),
})

/** POST /answers/export: with a passphrase the secrets are in the file, encrypted. */
export const ExportAnswers = z.object({ passphrase: z.string().min(12).max(1_024).nullable() })
/** POST /answers */
export const ImportAnswers = z.object({
  text: z.string().max(4_194_304),
  passphrase: z.string().max(1_024).nullable().default(null),
})
export const ImportedAnswers = z.object({
  state: SetupState,
  /** By `step.field`: what the file did not say right. Nothing of such a step was taken over. */
  errors: FieldErrors,
})

/** POST /import-quay: reads what maps into the steps, and lists what does not. */
export const ImportQuay = z.object({
  /** config.yaml, or the bundle as tar.gz; in base64. */
  file: z.string().min(1).max(8_000_000),
})
export const ImportedQuay = ImportedAnswers.extend({
  /** Values of steps, also of those with errors. */
  known: z.partialRecord(StepId, z.record(z.string(), z.unknown())),
  taken: z.array(z.string()),
  left: z.array(z.object({ key: z.string(), reason: z.string() })),
})

/**
 * POST /recovery-kit: once the steps identity, certificates and admin are saved. It is shown this
 * once; another one makes it void. POST /recovery-kit/stored says that it is in a safe place.
 */
export const RecoveryKitView = z
  .object({
    /** The primary name of the step identity. */
    registry: z.string(),
    username: z.string(),
    /** Ten; each sets a new password once, at POST /api/v1/mooring/recovery. */
    codes: z.array(z.string()),
    /** Null where the registry shows a certificate that is signed elsewhere. */
    authority: TrustedAuthority.nullable(),
  })
  .meta({ id: 'SetupRecoveryKit' })
export type RecoveryKitView = z.output<typeof RecoveryKitView>

/** GET /host: this machine as it is now. */
export const HostView = z
  .object({
    hostname: z.string(),
    /** Without loopback; one that is not lasting is good on one cable only. */
    addresses: z.array(z.object({ address: z.string(), lasting: z.boolean() })),
  })
  .meta({ id: 'SetupHost' })
export type HostView = z.output<typeof HostView>

/** POST /passphrase: five words that would do as a password; nothing remembers them. */
export const PassphraseView = z.object({ passphrase: z.string() }).meta({ id: 'SetupPassphrase' })

/** POST /restore: makes this machine what a backup says, in place of all steps. */
export const StartRestore = z.object({
  /** A directory, or `s3://bucket/prefix?endpoint=https://host`; the latest backup there. */
  target: z.string().min(1).max(4_096),
  passphrase: z.string().max(1_024).nullable().default(null),
  /** Of the bucket. */
  credentials: z
    .object({
      accessKeyId: z.string().min(1).max(256),
      secretAccessKey: z.string().min(1).max(1_024),
    })
    .nullable()
    .default(null),
  /** Other places than those of the backup. */
  storagePath: z.string().min(1).max(4_096).nullable().default(null),
  databaseUri: z.string().min(1).max(4_096).nullable().default(null),
})
export type StartRestore = z.output<typeof StartRestore>

export const RestoreView = z
  .object({
    phase: z.enum(['none', 'running', 'failed', 'finished']),
    target: z.string().nullable(),
    progress: z
      .object({
        phase: z.string(),
        /** Bytes. */
        done: z.number(),
        total: z.number(),
        itemsDone: z.number(),
        itemsTotal: z.number(),
        /** Seconds that are left; null while nobody can tell. */
        eta: z.number().nullable(),
      })
      .nullable(),
    finding: Finding.nullable(),
    /** Where the registry is, once it runs. */
    address: z.string().nullable(),
  })
  .meta({ id: 'SetupRestore' })
export type RestoreView = z.output<typeof RestoreView>

/** POST /signing-request: of the saved step `certificates`; the same one while nothing changes. */
export const SigningRequestView = z
  .object({
    requestPem: z.string(),
    names: z.array(z.string()),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'SetupSigningRequest' })

/** POST /authority-key/taken: proves that the key is elsewhere, and can be opened there. */
export const TakeAuthorityKey = z.object({
  /** Name of the authority. */
  confirm: z.string().max(256),
  /** As GET /authority-key gave it out. */
  key: z.string().max(65_536),
  passphrase: z.string().max(1_024),
})
