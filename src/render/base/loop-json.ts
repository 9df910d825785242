/** A resync loop as JSON: `#/$defs/resyncLoop` of the schemas. */
import type { BufferLimit } from '../../diagnosis/resync/buffer-limit.ts'
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
    limit: limit ? limitJson(limit) : null,
    timeoutMs: timeoutSeconds === undefined ? null : timeoutSeconds * 1000,
    writeBytesPerSecond: Math.round(loop.writesBytesPerSecond),
    payloadMs: Math.round(loop.payloadSeconds * 1000),
    text: loopText(loop),
    remedy: remedyJson(loopRemedy(loop)?.remedy),
  }
}

/** client-output-buffer-limit of class replica; 0 means no limit. */
export function limitJson({ hardBytes, softBytes, softSeconds }: BufferLimit): JsonObject {
  return { hardBytes, softBytes, softMs: softSeconds * 1000 }
}
