import type { FieldErrors, TestLine } from '../contract/setup.ts'
import { SetupError } from './setup-codes.ts'

/** Values that their step does not take. */
export class FieldFault extends SetupError {
  readonly fields: FieldErrors

  constructor(fields: FieldErrors) {
    super('MOOR-SET-007')
    this.fields = fields
  }
}

/** Values that failed their test. */
export class TestFault extends SetupError {
  readonly tests: readonly TestLine[]

  constructor(tests: readonly TestLine[]) {
    super('MOOR-SET-008')
    this.tests = tests
  }
}
