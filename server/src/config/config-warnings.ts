import type { Config } from './config.ts'

/** What a start has to say about keys that it did not use, one sentence each. */
export function configWarnings({ ignored, unknown, storage }: Config): readonly string[] {
  const others = storage.others ?? []
  return [
    ...(others.length > 0
      ? [
          `DISTRIBUTED_STORAGE_CONFIG: only ${storage.location} is used; nothing is replicated to ${others.join(', ')} or read from there`,
        ]
      : []),
    ...ignored.map((key) => `${key} has no effect in this version`),
    ...unknown.map(({ key, didYouMean }) =>
      didYouMean === undefined
        ? `${key} is not a known setting`
        : `${key} is not a known setting; did you mean ${didYouMean}?`,
    ),
  ]
}
