import assert from 'node:assert/strict'
import { test } from 'node:test'
import { abortError, REASONS, ReplError, replErrorOf } from '../../src/errors.ts'
import { SAMPLES } from '../helpers/reason-samples.ts'

test('each reason belongs to exactly one code', () => {
  const listed = Object.values(REASONS).flat()
  assert.deepEqual([...listed].sort(), Object.keys(SAMPLES).sort())
})

test('the code of an error follows from its reason, and both are in its message', () => {
  const { code, details, message } = new ReplError('RESET', { errno: 'ECONNRESET' })
  assert.deepEqual([code, details, message], ['LINK_LOST', { reason: 'RESET', errno: 'ECONNRESET' }, 'LINK_LOST (RESET)'])
  assert.equal(new ReplError('ABORTED', { signal: 'SIGINT' }).message, 'ABORTED')
})

test('a lost master has the code of what lost it', () => {
  const failure = new ReplError('NOAUTH', { reply: 'NOAUTH Authentication required.' }).toFailure()
  assert.equal(new ReplError('MASTER_LOST', { trouble: 'FAILED', failure }).code, 'AUTH_REQUIRED')
  assert.equal(new ReplError('MASTER_LOST', { trouble: 'NO_OFFSET' }).code, 'MASTER_UNREACHABLE')
})

test('facts that were nearer to the cause win over those added later', () => {
  const cause = new Error('socket')
  const error = new ReplError('SILENCE', { limitMs: 5, state: 'RECEIVE_PONG' }, cause).with({ state: 'TRANSFER', endpoint: 'host:1' })
  const details = { reason: 'SILENCE', limitMs: 5, state: 'RECEIVE_PONG', endpoint: 'host:1' }
  assert.deepEqual([error.code, error.details, error.cause], ['TIMEOUT', details, cause])
})

test('an error that is not ours is a bug, with its message', () => {
  assert.deepEqual(replErrorOf(new TypeError('x is not a function')).details, { reason: 'INTERNAL', message: 'x is not a function' })
})

test('ABORTED names the signal that stopped the run, and is not made without one', () => {
  assert.deepEqual(abortError(AbortSignal.abort('SIGINT')).details, { reason: 'ABORTED', signal: 'SIGINT' })
  assert.equal(abortError(new AbortController().signal).code, 'INTERNAL')
})

test('an error without the facts of its reason, or with others, does not compile', () => {
  const made = [
    // @ts-expect-error no such reason
    new ReplError('NO_REASON'),
    // @ts-expect-error its fact is missing
    new ReplError('RESET', { endpoint: 'host:1' }),
    // @ts-expect-error that is no fact of it
    new ReplError('RESET', { errno: 'ECONNRESET', reply: 'words' }),
    // @ts-expect-error a fact of another problem
    new ReplError('TLS_FILE', { path: 'us.crt', problem: 'ENCRYPTED_KEY', certificate: 'us.crt' }),
    // @ts-expect-error a fact that one of the two needs
    new ReplError('TLS_OTHER' as 'TLS_OTHER' | 'CERT_NAME', { errno: 'EPROTO' }),
    // @ts-expect-error only context is added on the way up
    new ReplError('ABORTED', { signal: 'SIGINT' }).with({ errno: 'ECONNRESET' }),
  ]
  assert.equal(made.length, 6)
})
