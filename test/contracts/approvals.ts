import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { PersonId } from '../../src/core/ids.ts'
import type { Consent } from '../../src/core/approval-record.ts'
import { approvalId, runId, sessionId } from '../stores/cast.ts'
import type { StoreUnderTest } from './ground.ts'

const fresh = { token: 't1', run: runId('r1'), approval: approvalId('a1'), askedAt: 100, expiresAt: 700 }
const consent: Consent = {
  session: sessionId('s1'),
  person: 'ann' as PersonId,
  subject: 'subject',
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
      assert.deepEqual(await approvals.open(fresh), { ...fresh, draft: {}, closed: false })
      await approvals.draft('t1', { q: ['red', '파랑'] })
      const kept = { ...fresh, draft: { q: ['red', '파랑'] }, closed: false }
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
      assert.deepEqual(await approvals.open(anew), { ...anew, draft: {}, closed: false })
    })

    test('a consent holds for its session, speaker and subject, and the last one given counts', async () => {
      await using store = await open()
      const { approvals } = store.vault
      await approvals.consent(consent)
      const later = { ...consent, grantedBy: { id: 'oscar' as PersonId, name: 'Oscar' }, token: 't2', at: 200 }
      await approvals.consent(later)
      const { session, person, subject } = consent
      assert.deepEqual(await approvals.consentTo(session, person, subject), later)
      assert.equal(await approvals.consentTo(sessionId('s2'), person, subject), null)
      assert.equal(await approvals.consentTo(session, 'bob' as PersonId, subject), null)
      assert.equal(await approvals.consentTo(session, person, 'another'), null)
    })
  })
}
