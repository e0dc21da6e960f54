import { join } from 'node:path'
import { runProgram } from './cli.ts'
import { projectRoot } from './source-files.ts'

/**
 * The authority of a company, which signs what a site needs. In a process of its own: tests that run
 * beside pages are checked with the types of a browser, which do not go with those of certificates.
 */
export const company = {
  issueFor: async (name: string) =>
    (await ask('issue', name)) as { readonly certificatePem: string; readonly keyPem: string },

  /** @returns the certificate for a signing request, both as PEM. */
  sign: async (request: string) => (await ask('sign', request)) as string,

  /** The authority itself with its key, encrypted. */
  pkcs12: async (password: string) =>
    Buffer.from((await ask('pkcs12', password)) as string, 'base64'),
}

async function ask(operation: string, text: string): Promise<unknown> {
  const program = join(projectRoot, 'test/support/company-program.ts')
  const answer = await runProgram(process.execPath, [program, operation, text], {
    env: { PATH: process.env['PATH'] ?? '' },
  })
  return JSON.parse(answer) as unknown
}
