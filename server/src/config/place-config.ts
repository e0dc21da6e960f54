import type { Secret } from './secret.ts'

export interface ListenConfig {
  /** One address to bind; absent: every address of the family. */
  readonly host?: string
  /** Further ones beside it. */
  readonly moreHosts?: readonly string[]
  /** The one address of the plain port, instead of those above. */
  readonly httpHost?: string
  /** The same for the metrics. */
  readonly metricsHost?: string
  readonly family: 'IPv4' | 'IPv6' | 'dual-stack'
  /** 0 asks the system for a free port. */
  readonly httpPort: number
  readonly httpsPort: number
  readonly metricsPort: number
}

export interface TlsConfig extends TlsSettings {
  readonly certificateFile: string
  readonly keyFile: string
}

export interface TlsSettings {
  readonly protocols: readonly TlsProtocol[]
  /** OpenSSL names, TLS 1.3 suites included; absent: Node's own list. */
  readonly ciphers?: readonly string[]
}

/** Of the certificates that the server's own authority issues. */
export interface CertificateConfig {
  readonly lifeDays: number
  /** How long before its end one is renewed; absent: after two thirds of its life. */
  readonly renewBeforeMs?: number
}

export type TlsProtocol = 'TLSv1.2' | 'TLSv1.3'

export type DatabaseConfig = SqliteConfig | PostgresqlConfig

export interface SqliteConfig {
  readonly kind: 'sqlite'
  /** Absolute path. */
  readonly file: string
}

export interface PostgresqlConfig {
  readonly kind: 'postgresql'
  /** `postgresql://…` without any `ssl…` parameter: those are in `tls`. */
  readonly url: Secret
  readonly tls: PostgresqlTls
  readonly connectTimeoutMs: number
  readonly maxConnections?: number
}

export interface PostgresqlTls {
  readonly mode: 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full'
  /** Absolute paths of PEM files. */
  readonly rootCertificateFile?: string
  readonly certificateFile?: string
  readonly keyFile?: string
}

export type StorageConfig = DiskStorageConfig | S3StorageConfig

interface StoragePlace {
  /** Name of the location in DISTRIBUTED_STORAGE_CONFIG. */
  readonly location: string
  /** The names of those that are not used. */
  readonly others?: readonly string[]
}

export interface DiskStorageConfig extends StoragePlace {
  readonly kind: 'disk'
  /** Absolute path. */
  readonly path: string
}

export interface S3StorageConfig extends StoragePlace {
  readonly kind: 's3'
  readonly bucket: string
  /** In front of every key; without slashes at its ends, may be empty. */
  readonly prefix: string
  /** Absent: Amazon's own, by region. */
  readonly endpoint?: string
  readonly region: string
  /** Absent: what the machine is allowed (environment, profile, role). */
  readonly credentials?: {
    readonly accessKeyId: string
    readonly secretAccessKey: Secret
    readonly sessionToken?: Secret
  }
  readonly partBytes: number
  readonly encrypts: boolean
  /** Absolute path of the folder where uploads wait until they are whole. */
  readonly stagingPath: string
}
