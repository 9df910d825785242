import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answersInTime } from '../../../src/topology/in-time.ts'

const never = new Promise<string>(() => {})
const areTwo = (answers: readonly string[]) => answers.length >= 2

test('answersInTime: late answers are abandoned once the others decide, and the order of the questions is kept', async () => {
  assert.deepEqual(await answersInTime([never, Promise.resolve('b'), Promise.resolve('c')], areTwo, 1), [undefined, 'b', 'c'])
})

test('answersInTime: no answer is abandoned before that, or when all have arrived', async () => {
  let answer: (text: string) => void = () => {}
  const slow = new Promise<string>((resolve) => {
    answer = resolve
  })
  const all = answersInTime([Promise.resolve('a'), slow], areTwo, 1)
  const first = await Promise.race([all, new Promise((resolve) => setTimeout(() => resolve('waits'), 30))])
  assert.equal(first, 'waits')
  answer('b')
  assert.deepEqual(await all, ['a', 'b'])
})

test('answersInTime: a failure is one of all', async () => {
  await assert.rejects(answersInTime([never, Promise.reject(new Error('no'))], areTwo, 1), /no/)
})
