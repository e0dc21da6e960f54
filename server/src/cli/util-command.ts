import path from 'node:path'
import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import { calculateJwkThumbprint, exportJWK } from 'jose'
import { Command } from 'commander'
import { writeFileDurably } from '../platform/files.ts'

const generate = promisify(generateKeyPair)

export function utilCommand(): Command {
  const keyPair = new Command('generatekeypair')
    .description('draw a service key: NAME.jwk, NAME.kid and NAME.pem in this directory')
    .argument('<name>')
    .action(async (name: string) => {
      const { privateKey, publicKey } = await generate('rsa', { modulusLength: 2048 })
      const jwk = await exportJWK(publicKey)
      const kid = await calculateJwkThumbprint(jwk)
      const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
      const write = async (what: string, ending: string, content: string, mode: number) => {
        process.stdout.write(`Writing ${what} to ${name}.${ending}\n`)
        await writeFileDurably(path.resolve(`${name}.${ending}`), content, mode)
      }
      await write('public key', 'jwk', JSON.stringify({ ...jwk, kid }), 0o644)
      await write('key ID', 'kid', kid, 0o644)
      await write('private key', 'pem', pem, 0o600)
    })
  return new Command('util').description('small helpers').addCommand(keyPair)
}
