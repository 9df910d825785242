/** A resync loop as JSON: `#/$defs/resyncLoop` of the schemas. */
import type { ResyncLoop } from '../../diagnosis/resync/loop.ts'
import { loopRemedy, loopText } from '../../diagnosis/resync/loop-words.ts'
import type { JsonObject } from './json-line.ts'

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
    limit: limit ?? null,
    timeoutSeconds: timeoutSeconds ?? null,
    writeBytesPerSecond: Math.round(loop.writesBytesPerSecond),
    payloadSeconds: Number(loop.payloadSeconds.toFixed(1)),
    text: loopText(loop),
    command: loopRemedy(loop)?.command ?? null,
  }
}
