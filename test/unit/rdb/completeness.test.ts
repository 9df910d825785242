import assert from 'node:assert/strict'
import { test } from 'node:test'
import { missingKeys } from '../../../src/rdb/completeness.ts'
import type { RdbHeader } from '../../../src/rdb/header.ts'

const HEADER = { magic: 'REDIS0012', version: 12, aux: {} }
const EMPTY: RdbHeader = { ...HEADER, isEmpty: true }
const holding = (keys: number, db = 0): RdbHeader => ({ ...HEADER, isEmpty: false, firstDatabase: { db, keys, expires: 0 } })
const info = (...databases: (readonly [db: number, keys: number])[]) => new Map(databases)

test('an empty RDB lacks whatever INFO counts, in any database', () => {
  assert.deepEqual(missingKeys(EMPTY, [info([0, 1000])]), { rdbKeys: 0, infoKeys: 1000 })
  assert.deepEqual(missingKeys(EMPTY, [info([3, 1], [9, 1])]), { rdbKeys: 0, infoKeys: 2 })
})

test('an empty RDB of an empty server lacks nothing', () => assert.equal(missingKeys(EMPTY, [info()]), undefined))

test('an RDB lacks keys with less than half of more than 100', () => {
  assert.deepEqual(missingKeys(holding(499), [info([0, 1000])]), { db: 0, rdbKeys: 499, infoKeys: 1000 })
  assert.equal(missingKeys(holding(500), [info([0, 1000])]), undefined)
  assert.equal(missingKeys(holding(1), [info([0, 100])]), undefined)
  assert.deepEqual(missingKeys(holding(1), [info([0, 101])]), { db: 0, rdbKeys: 1, infoKeys: 101 })
})

test('a database below the first one of the RDB is not in it', () => {
  assert.deepEqual(missingKeys(holding(7, 3), [info([0, 200], [3, 7])]), { db: 0, rdbKeys: 0, infoKeys: 200 })
})

test('a database above the first one of the RDB cannot be counted', () => {
  assert.equal(missingKeys(holding(7, 3), [info([3, 7], [4, 1_000_000])]), undefined)
})

test('more keys than INFO counts are not a loss', () => assert.equal(missingKeys(holding(1000), [info([0, 200])]), undefined))

test('either of two counts explains the RDB', () => {
  assert.equal(missingKeys(EMPTY, [info([0, 1000]), info()]), undefined)
  assert.equal(missingKeys(EMPTY, [info(), info([0, 1000])]), undefined)
  assert.equal(missingKeys(holding(10), [info([0, 1000]), info([0, 15])]), undefined)
  assert.deepEqual(missingKeys(holding(10), [info([0, 1000]), info([0, 900])]), { db: 0, rdbKeys: 10, infoKeys: 900 })
})

test('without a count on one side nothing is compared', () => {
  assert.equal(missingKeys(EMPTY, []), undefined)
  assert.equal(missingKeys(HEADER, [info([0, 1000])]), undefined)
  assert.equal(missingKeys({ ...HEADER, isEmpty: false }, [info([0, 1000])]), undefined)
})
