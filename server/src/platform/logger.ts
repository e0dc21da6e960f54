import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino'

export type Logger = PinoLogger

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** Fields whose values never reach a log line. Without wildcards, which would search every object. */
const secretFields = ['password', 'token', 'secret', 'authorization', 'cookie']
const holders = ['', 'err.', 'headers.', 'req.headers.']

/** JSON lines, one per event: a fixed lower-case message, the facts as fields. */
export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: holders.flatMap((holder) => secretFields.map((field) => `${holder}${field}`)),
        censor: '[redacted]',
      },
    },
    destination ?? standardError(),
  )
}

/** Where the log of a server goes. */
export const standardError = () => pino.destination({ dest: 2, sync: false })
