import type { Output } from '../../api/operations.ts'

export type RepositoryRecord = Output<'GET /api/v1/repository/{repository}'>
