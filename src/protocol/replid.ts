/** Replication ids: 40 hexadecimal characters that name a replication history (CONFIG_RUN_ID_SIZE in server.h). */

const REPLID = /^[0-9a-f]{40}$/i

export function isReplid(text: string): boolean {
  return REPLID.test(text)
}
