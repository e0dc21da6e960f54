import { localClient } from '../../upstream/local-upstream-suite.ts'
import { openLocalCopier } from './local-copier-suite.ts'

/** Copies a tag of a registry on the loopback into a folder: a process that may be killed. */
const [, , folder = '', host = '', tag = ''] = process.argv
const local = await openLocalCopier(folder)
const upstream = localClient().repository({ host, repository: 'team/app', plainHttp: true })
const { bytes } = await local.copier.copyTag({
  ...{ upstream, source: host, repositoryId: local.repositoryId, tag },
  signal: new AbortController().signal,
  record: () => Promise.resolve(),
})
await local.close()
process.stdout.write(`copied ${String(bytes)} bytes\n`)
process.exit(0)
