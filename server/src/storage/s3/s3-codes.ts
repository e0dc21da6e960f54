/** What can be wrong between the registry and its bucket: the fact, and what to do about it. */
export const s3Codes = {
  'MOOR-STO-030': {
    text: 'the S3 service {endpoint} does not answer: {reason}',
    next: 'check that it runs, its address and the way there',
  },
  'MOOR-STO-031': {
    text: 'there is no bucket {bucket} at {endpoint}',
    next: 'create it, or correct its name and region',
  },
  'MOOR-STO-032': {
    text: 'the S3 service {endpoint} refuses the access key or its rights: {reason}',
    next: 'correct the keys; they need to put, get, list and delete in {bucket}',
  },
  'MOOR-STO-033': {
    text: 'the clocks of this host and of the S3 service {endpoint} differ too much',
    next: 'set the clock that is wrong',
  },
  'MOOR-STO-034': {
    text: 'the certificate of the S3 service {endpoint} is not trusted: {reason}',
    next: 'put the authority that issued it into extra_ca_certs, or correct the name',
  },
  'MOOR-STO-035': {
    text: 'the S3 service {endpoint} fails: {reason}',
    next: 'see the log of the service',
  },
} as const

export type S3Code = keyof typeof s3Codes
