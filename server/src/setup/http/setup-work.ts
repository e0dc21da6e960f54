import type { IncomingMessage, ServerResponse } from 'node:http'

/** Answers one method and path of the setup's API; `id` is of a step. */
export type Work = (req: IncomingMessage, res: ServerResponse, id: string) => Promise<void>
