import type { Instant } from '../../platform/clock.ts'
import type { Digest } from '../../storage/digest.ts'
import { holdMs, type Manifest } from './gc-world-suite.ts'

interface ModelTag {
  /** Undefined for a hold. */
  readonly name: string | undefined
  readonly digest: Digest
  end: Instant | null
  isCurrent: boolean
  isImmutable: boolean
}

/** A repository as plain lists: what a manifest needs to stay is worked out from the top each time. */
export class ModelRepository {
  readonly id: number
  readonly fullName: string
  readonly windowMs: number
  /** RESET_CHILD_MANIFEST_EXPIRATION */
  readonly resetsChildHolds: boolean
  readonly manifests = new Map<Digest, Manifest>()
  readonly uploads = new Map<Digest, Instant>()
  #tags: ModelTag[] = []

  constructor(id: number, fullName: string, windowMs: number, resetsChildHolds: boolean) {
    this.resetsChildHolds = resetsChildHolds
    this.id = id
    this.fullName = fullName
    this.windowMs = windowMs
  }

  push(manifest: Manifest, tag: string | undefined, now: Instant): void {
    const { digest, subject } = manifest
    this.manifests.set(digest, manifest)
    if (tag !== undefined) this.point(tag, digest, now)
    if (tag !== undefined && subject === undefined) return
    this.#endHolds(digest, now)
    const end = subject === undefined ? now + holdMs : null
    this.#tags.push({ name: undefined, digest, end, isCurrent: false, isImmutable: false })
  }

  point(name: string, digest: Digest, now: Instant): void {
    const [current] = this.#tags.filter((tag) => tag.isCurrent && tag.name === name)
    this.#close((tag) => tag.name === name, now)
    this.#tags.push({ name, digest, end: null, isCurrent: true, isImmutable: false })
    this.#letGo(digest, now)
    if (current !== undefined) this.#letGo(current.digest, now)
  }

  freeze(name: string): void {
    for (const tag of this.#tags) if (tag.isCurrent && tag.name === name) tag.isImmutable = true
  }

  /** Whether an immutable tag of that name, or on that manifest, lives. */
  isFrozen(nameOrDigest: string | undefined, now: Instant): boolean {
    return this.#tags.some(
      (tag) =>
        tag.isCurrent &&
        tag.isImmutable &&
        isRunning(tag, now) &&
        (tag.name === nameOrDigest || tag.digest === nameOrDigest),
    )
  }

  setExpiry(name: string, end: Instant): void {
    for (const tag of this.#tags) if (tag.isCurrent && tag.name === name) tag.end = end
  }

  deleteTag(name: string, now: Instant): void {
    const [current] = this.#tags.filter((tag) => tag.isCurrent && tag.name === name)
    this.#close((tag) => tag.name === name, now)
    if (current !== undefined) this.#letGo(current.digest, now)
  }

  deleteDigest(digest: Digest, now: Instant): void {
    this.#close((tag) => tag.digest === digest && isRunning(tag, now), now)
    this.#endHolds(digest, now)
    this.#letGo(digest, now)
  }

  liveTags(now: Instant): string[] {
    return this.#tags.flatMap((tag) =>
      tag.isCurrent && isRunning(tag, now) ? [tag.name ?? ''] : [],
    )
  }

  /** Manifests that some tag of the past, still within the window, was on. */
  restorable(now: Instant): Digest[] {
    const found = this.#tags.filter(
      ({ name, end }) => name !== undefined && end !== null && end > now - this.windowMs,
    )
    return [...new Set(found.map((tag) => tag.digest))]
  }

  /** What a client can get by digest: a live tag, a hold, or an index above it that is alive. */
  alive(now: Instant): Set<Digest> {
    const alive = new Set(this.#tags.filter((tag) => isRunning(tag, now)).map((tag) => tag.digest))
    for (const digest of alive) {
      for (const child of this.manifests.get(digest)?.children ?? []) {
        if (this.manifests.has(child)) alive.add(child)
      }
    }
    return alive
  }

  reachable(now: Instant): Set<Digest> {
    const reached = new Set<Digest>()
    for (const tag of this.#tags) if (this.#isRoot(tag, now)) reached.add(tag.digest)
    for (const digest of reached) {
      for (const child of this.manifests.get(digest)?.children ?? []) {
        if (this.manifests.has(child)) reached.add(child)
      }
      for (const other of this.manifests.values()) {
        if (other.subject === digest && this.#stands(other.digest)) reached.add(other.digest)
      }
    }
    return reached
  }

  /** The collector took it: its referrers go with it. */
  forget(digest: Digest, now: Instant): void {
    this.manifests.delete(digest)
    this.#tags = this.#tags.filter((tag) => tag.digest !== digest)
    for (const referrer of this.manifests.values()) {
      if (referrer.subject === digest) this.#endHolds(referrer.digest, now, true)
    }
  }

  /** A referrer that nobody deleted. */
  #stands(digest: Digest): boolean {
    return this.#tags.some(
      (tag) => tag.name === undefined && tag.end === null && tag.digest === digest,
    )
  }

  #isRoot({ name, digest, end, isImmutable }: ModelTag, now: Instant): boolean {
    if (name !== undefined) return isImmutable || end === null || end > now - this.windowMs
    if (end !== null) return end > now
    const subject = this.manifests.get(digest)?.subject
    return subject === undefined || !this.manifests.has(subject)
  }

  #endHolds(digest: Digest, now: Instant, endlessOnly = false): void {
    for (const tag of this.#tags) {
      if (tag.name !== undefined || tag.digest !== digest || !isRunning(tag, now)) continue
      if (!endlessOnly || tag.end === null) tag.end = now
    }
  }

  #letGo(digest: Digest, now: Instant): void {
    if (!this.resetsChildHolds) return
    const children = this.manifests.get(digest)?.children ?? []
    for (const tag of this.#tags) {
      const isRunningHold = tag.name === undefined && tag.end !== null && tag.end > now
      if (isRunningHold && children.includes(tag.digest)) tag.end = now
    }
  }

  #close(which: (tag: ModelTag) => boolean, now: Instant): void {
    for (const tag of this.#tags) {
      if (!tag.isCurrent || !which(tag)) continue
      tag.isCurrent = false
      if (tag.end === null || tag.end >= now) tag.end = now
    }
  }
}

function isRunning({ end, isCurrent, name }: ModelTag, now: Instant): boolean {
  return (isCurrent || name === undefined) && (end === null || end > now)
}
