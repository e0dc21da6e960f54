import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take far longer than their size tells; begun late, one would run alone at the end. */
const longest = [
  'test/e2e/sweep.test.ts',
  'test/clients/headless.test.ts',
  'test/integration/api-fuzz.test.ts',
]
const isLong = ({ moduleId }: TestSpecification) => longest.some((path) => moduleId.endsWith(path))

/** The usual order, with the longest files at the front of their project. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const byProject = Map.groupBy(await super.sort(files), ({ project }) => project)
    return [...byProject.values()].flatMap((ofProject) => [
      ...ofProject.filter(isLong),
      ...ofProject.filter((file) => !isLong(file)),
    ])
  }
}
