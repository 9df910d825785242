/** Random bytes in hex, for names. Loading crypto takes 3 ms, so it is loaded on first use. */
export function randomHex(bytes: number): string {
  return process.getBuiltinModule('node:crypto').randomBytes(bytes).toString('hex')
}
