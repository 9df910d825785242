/** Feeds a stream to a consumer as the follower does. */

import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import type { CommandView } from '../../src/engine/follow/command-view.ts'
import { type ConsumeOptions, Consumer } from '../../src/engine/follow/consumer.ts'
import type { AttachedEvent, Progress, SpoolEntry } from '../../src/engine/follow/events.ts'
import { Spool } from '../../src/io/spool.ts'
import type { Position } from '../../src/protocol/history.ts'
import type { Format } from '../../src/render/tail/format.ts'
import { Printer, type PrinterOptions } from '../../src/render/tail/printer.ts'
import { multibulk, REPLID } from './wire.ts'

/** The server that the stream comes from. */
export const SERVER = '10.0.0.1:6379'
const AT = Date.UTC(2026, 10, 24, 12, 0, 0, 250)

export type Words = readonly (string | Buffer)[]

/** The start of a stream, by default in database 0 and at offset 0. */
export function attached(fields: Partial<Position> & Partial<Pick<AttachedEvent, 'showAfter' | 'boundary'>> = {}): AttachedEvent {
  const { showAfter = 0, boundary, ...position } = fields
  const begin = { type: 'attached', at: 0, server: SERVER, position: { replid: REPLID, offset: 0, db: 0, ...position }, showAfter } as const
  return { ...begin, ...(boundary !== undefined && { boundary }) }
}

export function bytesOf(...commands: Words[]): Buffer {
  return Buffer.concat(commands.map((words) => multibulk(...words)))
}

/** @returns the progress after each step */
export async function consume(
  view: CommandView,
  steps: readonly (Buffer | SpoolEntry)[],
  options: Partial<ConsumeOptions> = {},
): Promise<Progress[]> {
  const spool = new Spool<SpoolEntry>({ memoryBytes: 1 << 30, diskBytes: 0, folder: tmpdir() })
  const progress: Progress[] = []
  let at = AT
  for (const step of steps) {
    if (Buffer.isBuffer(step)) assert.ok(await spool.push(step, at))
    else spool.pushEvent(step)
    // Bytes with the same arrival time share a block of the spool, so keep the times apart.
    at += 1000
  }
  spool.end()
  const flushed = async (one: Progress) => {
    progress.push(one)
  }
  await new Consumer(view, { flat: false, ...options }).run(spool, flushed, new AbortController().signal)
  return progress
}

/** The output of a format for a stream. Without an `attached` entry among the steps, one is added. */
export async function printed(
  format: Format,
  steps: readonly (Buffer | SpoolEntry)[],
  options: Partial<PrinterOptions> = {},
  limits: Partial<ConsumeOptions> = {},
): Promise<string> {
  const parts: Buffer[] = []
  const printer = new Printer(format, { all: false, flat: false, ...options }, async (pieces) => {
    for (const piece of pieces) parts.push(Buffer.from(piece))
  })
  const first = steps.some((step) => !Buffer.isBuffer(step)) ? [] : [attached()]
  await consume(printer, [...first, ...steps], { flat: options.flat ?? false, ...limits })
  return Buffer.concat(parts).toString('latin1')
}

/** The end offset of each command in a stream that starts after offset 0. */
export function endsOf(...commands: Words[]): number[] {
  return commands.map((_, index) => bytesOf(...commands.slice(0, index + 1)).length)
}
