import type { Config } from './config.ts'

/** What a start has to say about keys that it did not use, one sentence each. */
export function configWarnings({ ignored, unknown }: Config): readonly string[] {
  return [
    ...ignored.map((key) => `${key} has no effect in this version`),
    ...unknown.map(({ key, didYouMean }) =>
      didYouMean === undefined
        ? `${key} is not a known setting`
        : `${key} is not a known setting; did you mean ${didYouMean}?`,
    ),
  ]
}
