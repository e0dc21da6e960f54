/** A secret that shows itself only when asked. */
interface Revealable {
  reveal(): string
}

export interface S3Settings {
  readonly bucket: string
  /** In front of every key; without slashes at its ends, may be empty. */
  readonly prefix: string
  /** Absent: Amazon's own, by region. */
  readonly endpoint?: string
  readonly region: string
  /** Absent: what the machine is allowed (environment, profile, role). */
  readonly credentials?: {
    readonly accessKeyId: string
    readonly secretAccessKey: Revealable
    readonly sessionToken?: Revealable
  }
  /** Larger blobs are sent in parts of this size. */
  readonly partBytes: number
  /** Asks the service to encrypt what it keeps (AES256). */
  readonly encrypts: boolean
  /** A local folder where uploads wait until they are whole. */
  readonly stagingPath: string
}
