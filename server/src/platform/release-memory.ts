/**
 * Frees the chunk's memory now; nobody may read it afterwards. Left to the garbage collector, a fast
 * transfer makes it run all the time and every chunk lands on fresh pages, which doubles the cost of
 * receiving. A chunk that shares its memory is left as it is.
 */
export function releaseMemory(chunk: Uint8Array): void {
  const { buffer } = chunk
  if (buffer instanceof ArrayBuffer && buffer.byteLength === chunk.length) buffer.transfer(0)
}
