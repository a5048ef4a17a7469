import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { PersonId, PlaceId, PromptKey } from '../../src/core/ids.ts'
import type { Consent } from '../../src/core/approval-record.ts'
import { approvalId, person, runId, sessionId } from '../stores/cast.ts'
import type { StoreUnderTest } from './ground.ts'

const runs = { known: true, files: { 'run.sh': 'abc' } }
const asked = { token: 't1', run: runId('r1'), approval: approvalId('a1'), askedAt: 100, expiresAt: 700 }
const fresh = { ...asked, runs, changed: ['run.sh'] }
const consent: Consent = {
  session: sessionId('s1'),
  person: 'ann' as PersonId,
  subject: 'subject',
  runs,
  grantedBy: { id: 'olivia' as PersonId, name: 'Olivia' },
  token: 't1',
  at: 100,
}

/** What any vault must do for approvals, whatever it writes to. `open` gives a store with nothing in it. */
export function approvalsContract(name: string, open: () => Promise<StoreUnderTest>): void {
  suite(`approvals: ${name}`, () => {
    test('a record stays as it was opened until it is closed, also after reopening', async () => {
      await using store = await open()
      const { approvals } = store.vault
      assert.deepEqual(await approvals.open(fresh), { ...fresh, draft: {}, listed: null, closed: false })
      await approvals.draft('t1', { q: ['red', '파랑'] })
      const kept = { ...fresh, draft: { q: ['red', '파랑'] }, listed: null, closed: false }
      assert.deepEqual(await approvals.open({ ...fresh, askedAt: 900, expiresAt: 1500 }), kept, 'its time goes on')
      await approvals.open({ ...fresh, token: 't0', askedAt: 50 })
      await using again = await store.reopen()
      assert.deepEqual(await again.vault.approvals.record('t1'), kept)
      assert.equal(await again.vault.approvals.record('nothing'), null)
      assert.deepEqual(
        (await again.vault.approvals.unclosed()).map(({ token }) => token),
        ['t0', 't1'],
      )
    })

    test('what a record would run may change while it is open', async () => {
      await using store = await open()
      const { approvals } = store.vault
      await approvals.open(fresh)
      const now = { known: false, files: {} }
      await approvals.rerun('t1', now, [])
      const kept = { ...fresh, runs: now, changed: [], draft: {}, listed: null, closed: false }
      assert.deepEqual(await approvals.open(fresh), kept, 'opened again, it is what was shown last')
    })

    test('many stand in a list, in its order, until one begins anew', async () => {
      await using store = await open()
      const { approvals } = store.vault
      for (const token of ['t1', 't2', 't3']) await approvals.open({ ...fresh, token })
      const places = [
        { token: 't2', at: 0 },
        { token: 't1', at: 1 },
      ]
      await approvals.enlist('l1', places)
      await using again = await store.reopen()
      const { approvals: kept } = again.vault
      const listed = async () => (await kept.listed('l1')).map(({ token, listed: where }) => [token, where?.at])
      assert.deepEqual(await listed(), [
        ['t2', 0],
        ['t1', 1],
      ])
      assert.equal((await kept.open({ ...fresh, token: 't1' })).listed?.list, 'l1', 'asked again while it is open')
      await kept.close('t1')
      assert.equal((await kept.open({ ...fresh, token: 't1' })).listed, null)
      assert.deepEqual(await listed(), [['t2', 0]])
    })

    test('copies that people look at are kept until they are dropped', async () => {
      await using store = await open()
      const { approvals } = store.vault
      const place = { kind: 'channel', id: '1' as PlaceId, guild: '2' } as const
      const interaction = { key: 'i1' as PromptKey, person: person('ann'), place, body: { token: 'x' } }
      const copy = { of: 't1', interaction, at: 5 }
      await approvals.keepCopy({ ...copy, at: 1 })
      await approvals.keepCopy(copy)
      await approvals.keepCopy({ of: 't2', interaction: { ...interaction, key: 'i2' as PromptKey }, at: 9 })
      await using again = await store.reopen()
      const { approvals: kept } = again.vault
      assert.deepEqual(await kept.copies('t1'), [copy])
      assert.deepEqual(
        (await kept.copies(null)).map(({ of }) => of),
        ['t1', 't2'],
      )
      await kept.dropCopy(interaction.key)
      assert.deepEqual(await kept.copies('t1'), [])
    })

    test('a closed record is no longer looked at, and begins anew when the same is asked again', async () => {
      await using store = await open()
      const { approvals } = store.vault
      await approvals.open(fresh)
      await approvals.draft('t1', { q: ['red'] })
      await approvals.close('t1')
      await approvals.close('t1')
      assert.deepEqual(await approvals.unclosed(), [])
      assert.equal((await approvals.record('t1'))?.closed, true)
      const anew = { ...fresh, askedAt: 900, expiresAt: 1500 }
      assert.deepEqual(await approvals.open(anew), { ...anew, draft: {}, listed: null, closed: false })
    })

    test('a consent holds for its session, speaker and subject, and the last one given counts', async () => {
      await using store = await open()
      const { approvals } = store.vault
      await approvals.consent(consent)
      const later = {
        ...consent,
        grantedBy: { id: 'oscar' as PersonId, name: 'Oscar' },
        token: 't2',
        at: 200,
        runs: { known: true, files: {} },
      }
      await approvals.consent(later)
      const { session, person, subject } = consent
      assert.deepEqual(await approvals.consentTo(session, person, subject), later)
      assert.equal(await approvals.consentTo(sessionId('s2'), person, subject), null)
      assert.equal(await approvals.consentTo(session, 'bob' as PersonId, subject), null)
      assert.equal(await approvals.consentTo(session, person, 'another'), null)
    })
  })
}
