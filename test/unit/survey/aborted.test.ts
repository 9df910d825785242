/** A survey that is stopped ends with ABORTED, and one that is not never does. */
import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ReplError } from '../../../src/errors.ts'
import { Survey, type SurveyOptions } from '../../../src/survey/survey.ts'
import { AddressMap } from '../../../src/topology/address-map.ts'
import { FakeMaster, type Script } from '../../helpers/fake-master.ts'

/** All of these end by themselves long before. */
const PATIENCE_MS = 5000

let master: FakeMaster | undefined
afterEach(() => master?.stop())

async function optionsFor(script: Script): Promise<SurveyOptions> {
  master = await FakeMaster.start(script)
  const [host = '', port] = master.target.split(':')
  return {
    entry: {
      endpoint: { kind: 'tcp', host, port: Number(port) },
      clientName: 'test',
      announce: { ip: 'redis_repl', port: -1 },
      limits: { connectMs: 500, stepMs: 500, silenceMs: 500 },
    },
    replicas: () => [],
    addresses: new AddressMap([]),
    resolutionMs: 10,
    isAttached: true,
    report: () => {},
  }
}

/** The code of its failure, or what became of it instead. */
async function openedWith(options: SurveyOptions, signal: AbortSignal): Promise<string> {
  const opened = Survey.open(options, signal).then(
    async (survey) => {
      await survey.close()
      return 'opened'
    },
    (error) => (error instanceof ReplError ? error.code : String(error)),
  )
  const over = new AbortController()
  const late = sleep(PATIENCE_MS, 'still waiting', { signal: over.signal }).catch(() => 'over')
  return await Promise.race([opened, late]).finally(() => over.abort())
}

test('a survey whose signal was aborted before it began ends with ABORTED', async () => {
  assert.equal(await openedWith(await optionsFor({}), AbortSignal.abort('test')), 'ABORTED')
})

test('a survey that is stopped before its first server answers ends with ABORTED', async () => {
  const stop = new AbortController()
  const options = await optionsFor({ INFO: {} })
  const opened = openedWith(options, stop.signal)
  while (!master?.received.some(([name]) => name === 'INFO')) await sleep(5)
  stop.abort('test')
  assert.equal(await opened, 'ABORTED')
})

for (const [what, script] of [
  ['hangs up at its first command', { CLIENT: { close: true } }],
  ['hangs up at INFO', { INFO: { close: true } }],
  ['never answers', { CLIENT: {} }],
  ['answers INFO with no reply', { INFO: 'garbage\r\n' }],
  ['refuses INFO', { INFO: '-NOPERM this user has no permissions\r\n' }],
] as const) {
  test(`a survey of a server that ${what} ends with another code than ABORTED`, async () => {
    const code = await openedWith(await optionsFor(script), new AbortController().signal)
    assert.match(code, /^(LINK_LOST|TIMEOUT|PROTOCOL|NO_PERMISSION|NOT_REDIS)$/)
  })
}
