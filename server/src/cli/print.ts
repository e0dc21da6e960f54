/** For people a line they can read, for scripts (`--json`) an object on one line. */
export function print(
  value: Readonly<Record<string, unknown>>,
  line: string,
  { json }: { readonly json?: boolean },
): void {
  process.stdout.write(`${json === true ? JSON.stringify(value) : line}\n`)
}
