import { connect } from 'node:net'
import { causeOf } from './cause.ts'

const connectWithinMs = 3_000

export async function checkTcp(host: string, port: number): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  try {
    const socket = connect({ host, port })
    socket.setTimeout(connectWithinMs)
    socket.once('connect', () => {
      resolve(undefined)
    })
    socket.once('timeout', () => {
      resolve('i/o timeout')
    })
    socket.once('error', (error) => {
      resolve(causeOf(error))
    })
    return await promise.finally(() => socket.destroy())
  } catch (error) {
    return causeOf(error)
  }
}
