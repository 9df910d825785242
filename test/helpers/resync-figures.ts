/** Figures of a full resync that could be measured whole: diskless, verified, with both limits known. */
import type { ResyncFigures } from '../../src/diagnosis/psync/resync.ts'

export function resyncFigures(more: Partial<ResyncFigures> = {}): ResyncFigures {
  return {
    framing: 'eof-mark',
    waitMs: 5012,
    delaySeconds: 5,
    transferMs: 2000,
    payloadBytes: 52_428_800,
    checksum: 'verified',
    catchUp: { ms: 500, bytes: 300_000_000, isMet: true, behind: 0 },
    snapshotOffset: 100,
    endOffset: 300_000_100,
    spanMs: 7512,
    forkUsec: 413,
    buffer: { peakBytes: 268_435_456, samples: 30, aboveSoftMs: 0, scope: 'ours' },
    limit: { hardBytes: 268_435_456, softBytes: 67_108_864, softSeconds: 60 },
    hasChannel: false,
    ...more,
  }
}
