import { safeStorage } from 'electron'
import type { Vault } from './shell.ts'

/**
 * On a Linux desktop without a store of secrets Electron seals with a key that is in its source:
 * that protects nothing, so it counts as none.
 */
export async function openElectronVault(): Promise<Vault | undefined> {
  const backend = process.platform === 'linux' ? safeStorage.getSelectedStorageBackend() : 'system'
  if (backend === 'basic_text' || backend === 'unknown') return undefined
  if (!(await safeStorage.isAsyncEncryptionAvailable())) return undefined
  return {
    async seal(text) {
      return (await safeStorage.encryptStringAsync(text)).toString('base64')
    },
    async open(sealed) {
      return (await safeStorage.decryptStringAsync(Buffer.from(sealed, 'base64'))).result
    },
  }
}
