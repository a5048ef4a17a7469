import assert from 'node:assert/strict'
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { PersonId } from '../../src/core/ids.ts'
import { openStore } from '../../src/stores/open.ts'
import { keyName, Seal } from '../../src/stores/seal.ts'
import { quietLog, realClock, scratchFolder } from './cast.ts'

const opened = (folder: string) => openStore({ folder, clock: realClock, log: quietLog })

test('what is sealed opens with its key, for its purpose and unchanged; otherwise not at all', async () => {
  await using folder = await scratchFolder()
  const seal = Seal.in(folder.path)
  assert.equal(statSync(join(folder.path, keyName)).mode & 0o777, 0o600)
  const closed = seal.close('words', 'for ann')
  assert.ok(seal.isClosed(closed) && !closed.includes('words'))
  assert.equal(Seal.in(folder.path).open(closed, 'for ann'), 'words')
  assert.equal(seal.open(closed, 'for bob'), null)
  assert.equal(seal.open(closed.replace(/.{4}$/, 'AAA='), 'for ann'), null)
  assert.equal(seal.open('sealed:1:', 'for ann'), null)
  rmSync(join(folder.path, keyName))
  assert.equal(Seal.in(folder.path).open(closed, 'for ann'), null)
  writeFileSync(join(folder.path, keyName), 'short')
  assert.throws(() => Seal.in(folder.path), /holds no key/)
})

test('identities are kept sealed, merged by server and taken back; without their key they are nobody’s', async () => {
  await using folder = await scratchFolder()
  const ann = 'ann' as PersonId
  const token = { username: 'x', secret: 'planted-token-1' }
  {
    await using store = await opened(folder.path)
    const { identities } = store.vault
    await identities.link(ann, { name: 'Ann', email: 'a@x.org', tokens: { 'https://one': token } })
    const before = identities.secrets()
    assert.deepEqual(before, ['planted-token-1'])
    assert.equal(identities.secrets(), before)
    const other = { username: 'x', secret: 'planted-token-2' }
    await identities.link(ann, { name: 'Anna', email: 'a@x.org', tokens: { 'https://two': other } })
    assert.deepEqual(Object.keys((await identities.of(ann))?.tokens ?? {}), ['https://one', 'https://two'])
    await identities.unlink(ann, 'https://two')
    assert.deepEqual(await identities.of(ann), { name: 'Anna', email: 'a@x.org', tokens: { 'https://one': token } })
    assert.ok(!readFileSync(join(folder.path, 'orchestrator.sqlite-wal')).includes('planted'))
  }
  rmSync(join(folder.path, keyName))
  await using store = await opened(folder.path)
  assert.equal(await store.vault.identities.of(ann), null)
  assert.deepEqual(store.vault.identities.secrets(), [])
  await store.vault.identities.unlink(ann, null)
})
