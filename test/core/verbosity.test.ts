import assert from 'node:assert/strict'
import { test } from 'node:test'
import { verbosityBy, verbosityScopes, type Verbosity, type VerbosityScope } from '../../src/core/verbosity.ts'
import type { PersonId, PlaceId } from '../../src/core/ids.ts'
import { thread } from '../stores/cast.ts'

const scopes = verbosityScopes(thread('200', '100'), 'ann' as PersonId)
const by = (set: Readonly<Partial<Record<string, Verbosity>>>) =>
  verbosityBy(scopes, new Map(Object.entries(set) as [VerbosityScope, Verbosity][]))

test('the thread says how much is shown, else its channel, else the person, else nobody', () => {
  assert.deepEqual(by({ 'place:200': 'quiet', 'place:100': 'full', 'person:ann': 'full' }), {
    level: 'quiet',
    by: 'place:200',
  })
  assert.deepEqual(by({ 'place:100': 'full', 'person:ann': 'quiet' }), { level: 'full', by: 'place:100' })
  assert.deepEqual(by({ 'person:ann': 'quiet', 'person:bob': 'full', 'place:300': 'full' }), {
    level: 'quiet',
    by: 'person:ann',
  })
  assert.deepEqual(by({}), { level: 'normal', by: null })
  const channel = { kind: 'channel', id: '100' as PlaceId, guild: '1' } as const
  assert.deepEqual(verbosityScopes(channel, 'ann' as PersonId), ['place:100', 'person:ann'])
})
