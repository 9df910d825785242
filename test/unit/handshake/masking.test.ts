import assert from 'node:assert/strict'
import { test } from 'node:test'
import { secretCommand, withoutSecrets } from '../../../src/handshake/plan.ts'

const masked = (reply: string, password: string) =>
  withoutSecrets(
    reply,
    secretCommand(['AUTH', password], (index) => index === 1),
  )

test('withoutSecrets: a short password leaves no holes in other words', () => {
  const reply = '-WRONGPASS invalid username-password pair or user is disabled.'
  for (const password of ['e', 'pass', 'i', 'disable']) assert.equal(masked(reply, password), reply)
})

test('withoutSecrets: a password that is a whole word is masked, however it is quoted', () => {
  for (const password of ['e', 'abc', 'p@ss', '$1', 'a.b', '-', '[x', 'a b', 'häß', 'a-long-password']) {
    for (const around of [' ', "'", '"', '`', ',', '(']) {
      assert.equal(masked(`-ERR no ${around}${password}${around} here`, password), `-ERR no ${around}********${around} here`)
    }
    assert.equal(masked(password, password), '********')
  }
})

test('withoutSecrets: a long password is masked also as a part of a word', () => {
  assert.equal(masked('-ERR AUTHa-long-passwordX', 'a-long-password'), '-ERR AUTH********X')
})

test('withoutSecrets: what may be cut off anywhere is left out as a whole', () => {
  assert.equal(
    masked("-ERR unknown command 'AUTH', with args beginning with: 'a-lo", 'a-long-password'),
    "-ERR unknown command 'AUTH', with args beginning with: …",
  )
})
