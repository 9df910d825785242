/** A resync loop as JSON: `#/$defs/resyncLoop` of the schemas. */
import type { ResyncLoop } from '../../diagnosis/resync/loop.ts'
import { loopRemedy, loopText } from '../../diagnosis/resync/loop-words.ts'
import type { JsonObject } from './json-line.ts'
import { remedyJson } from './remedy.ts'

export function resyncLoopJson(loop: ResyncLoop): JsonObject {
  const { master, replicas, fullResyncs, overMs, partialErrors, forks, cause, bufferBytes, limit, timeoutSeconds } = loop
  return {
    master,
    replicas,
    fullResyncs,
    overMs: Math.round(overMs),
    partialErrors: partialErrors ?? null,
    forks: forks ?? null,
    cause,
    bufferBytes: bufferBytes ?? null,
    limit: limit ? { hardBytes: limit.hardBytes, softBytes: limit.softBytes, softMs: limit.softSeconds * 1000 } : null,
    timeoutMs: timeoutSeconds === undefined ? null : timeoutSeconds * 1000,
    writeBytesPerSecond: Math.round(loop.writesBytesPerSecond),
    payloadMs: Math.round(loop.payloadSeconds * 1000),
    text: loopText(loop),
    remedy: remedyJson(loopRemedy(loop)?.remedy),
  }
}
