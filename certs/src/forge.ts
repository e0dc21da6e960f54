/** For the old ciphers and PKCS#12; most servers never meet either, so it is loaded on first use. */
export async function loadForge() {
  const { default: forge } = await import('node-forge')
  return forge
}
