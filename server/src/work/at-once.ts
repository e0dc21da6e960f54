/**
 * Does the work for every item, at most `limit` at a time. After a failure nothing new is begun; what
 * runs is waited for, so that nothing goes on unwatched.
 */
export async function eachAtOnce<T>(
  items: Iterable<T>,
  limit: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const rest = items[Symbol.iterator]()
  const failures: unknown[] = []

  async function run(): Promise<void> {
    for (let next = rest.next(); next.done !== true; next = rest.next()) {
      if (failures.length > 0) return
      try {
        await work(next.value)
      } catch (error) {
        failures.push(error)
      }
    }
  }

  await Promise.all(Array.from({ length: limit }, run))
  if (failures.length > 0) throw failures[0]
}
