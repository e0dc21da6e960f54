import { wireAccounts, type AccountServices } from '../wiring/accounts.ts'
import type { DataOptions } from './data-options.ts'
import { withDatabase } from './with-database.ts'

/** Runs a command on the accounts of a data directory, whether its server runs or not. */
export async function withAccounts<T>(
  options: DataOptions,
  work: (services: AccountServices) => Promise<T>,
): Promise<T> {
  return withDatabase(options, (parts) => work(wireAccounts(parts)))
}
