import {
  certificateProblemText,
  type CertificateProblem,
  type ProblemParameters,
} from './certificate-problems.ts'

/**
 * What every function of this package throws when its input is at fault. The message is the
 * problem's English sentence; nothing in it is a key or a password.
 */
export class CertificateError extends Error {
  override readonly name = 'CertificateError'
  readonly problem: CertificateProblem
  /** `MOOR-TLS-…` */
  readonly code: string
  readonly parameters: ProblemParameters
  readonly nextStep: string

  constructor(
    problem: CertificateProblem,
    parameters: ProblemParameters = {},
    options?: ErrorOptions,
  ) {
    const { code, text, nextStep } = certificateProblemText(problem, parameters)
    super(text, options)
    this.problem = problem
    this.code = code
    this.parameters = parameters
    this.nextStep = nextStep
  }
}
