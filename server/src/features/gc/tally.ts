/** Tables whose rows the collector counts, under the names that the metric has. */
export type CollectedTable =
  | 'Tag'
  | 'TagPullStatistics'
  | 'Manifest'
  | 'ManifestPullStatistics'
  | 'ManifestLabel'
  | 'ManifestChild'
  | 'ManifestBlob'
  | 'ManifestContent'
  | 'UploadedBlob'
  | 'BlobUpload'
  | 'Blob'
  | 'Repository'
  | 'User'

export type RowCounts = Partial<Record<CollectedTable, number>>

/** Told what has been removed, after the transaction that removed it. */
export interface Tally {
  rows(table: CollectedTable, count: number): void
  blobRemoved(sizeBytes: number): void
  /** All that the last tags of a repository left behind has been looked at. */
  repositoryCollected(): void
  repositoryPurged(): void
  namespacePurged(): void
}

export function tellRows(tally: Tally, counts: RowCounts): void {
  for (const [table, count] of Object.entries(counts)) {
    if (count > 0) tally.rows(table as CollectedTable, count)
  }
}
