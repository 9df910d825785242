/** A stream given to whatever consumes one, as the follower gives it. */
import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { type CommandView, type ConsumeOptions, Consumer, type Progress } from '../../src/engine/follow/consume.ts'
import type { AttachedMark, StreamMark } from '../../src/engine/follow/follow-events.ts'
import { Spool } from '../../src/io/spool.ts'
import type { Format } from '../../src/render/tail/format.ts'
import { Printer, type PrinterOptions } from '../../src/render/tail/printer.ts'
import { multibulk, REPLID } from './wire.ts'

/** Whom a stream comes from. */
export const SERVER = '10.0.0.1:6379'
const AT = Date.UTC(2026, 10, 24, 12, 0, 0, 250)

export type Words = readonly (string | Buffer)[]

export function attached(fields: Partial<AttachedMark> = {}): AttachedMark {
  return { type: 'attached', at: 0, server: SERVER, replid: REPLID, offset: 0, shownBehind: 0, db: 0, ...fields }
}

export function bytesOf(...commands: Words[]): Buffer {
  return Buffer.concat(commands.map((words) => multibulk(...words)))
}

/** @returns the progress after each step */
export async function consume(
  view: CommandView,
  steps: readonly (Buffer | StreamMark)[],
  options: Partial<ConsumeOptions> = {},
): Promise<Progress[]> {
  const spool = new Spool<StreamMark>({ memoryBytes: 1 << 30, diskBytes: 0, folder: tmpdir() })
  const progress: Progress[] = []
  let at = AT
  for (const step of steps) {
    if (Buffer.isBuffer(step)) assert.ok(await spool.push(step, at))
    else spool.mark(step)
    // A block holds what comes at the same time.
    at += 1000
  }
  spool.end()
  const flushed = async (one: Progress) => {
    progress.push(one)
  }
  await new Consumer(view, { flat: false, ...options }).run(spool, flushed, new AbortController().signal)
  return progress
}

/** What a format makes of a stream; single commands may stand for their bytes. */
export async function printed(
  format: Format,
  steps: readonly (Buffer | StreamMark)[],
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

/** Where each command of a stream ends, when it begins behind offset 0. */
export function endsOf(...commands: Words[]): number[] {
  return commands.map((_, index) => bytesOf(...commands.slice(0, index + 1)).length)
}
