import { renderApiProblem } from '../../http/api-envelope.ts'
import type { Outcome } from './bulk-service.ts'

/** As the call about this one thing alone would have answered. */
export function presentOutcome(origin: string) {
  return ({ name, problem }: Outcome) => {
    if (problem === undefined) return { name, ok: true, status: 200 }
    const { status, body } = renderApiProblem(problem, { origin, plain: [problem.code] })
    return { name, ok: false, status, message: messageOf(body) }
  }
}

function messageOf(body: string): string {
  const { message } = JSON.parse(body) as { readonly message?: unknown }
  return typeof message === 'string' ? message : body
}
