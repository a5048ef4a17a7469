import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SeenPlace } from 'loopback-discord'
import { grant, openTeam } from './approving.ts'

test('/broadcast asks every session that the owner can see, once each, and nobody else may', async () => {
  await using stage = await openTeam({ env: { OMC_PER_USER_MAX_QUEUED: '20' } })
  await stage.startBot()
  grant(stage, { mary: 'member', oscar: 'owner' })
  const olivia = await stage.sandbox.actor('olivia')
  const mary = await stage.sandbox.actor('mary')
  const oscar = await stage.sandbox.actor('oscar')
  const shop = await stage.session(olivia, 'shop')
  const docs = await stage.session(olivia, 'docs')
  const name = 'secret'
  const path = `/channels/${olivia.place('general').id}/threads`
  const hidden = await olivia.call<SeenPlace>('POST', path, { name, type: 12 })
  await (await olivia.runs(hidden, '/session start', { name, runtime: 'echo' })).settled()
  const refused = await (await mary.runs(shop, '/broadcast', { text: '!say no' })).settled()
  assert.match(refused.content, /You are a member here/)
  const sent = await (await oscar.runs(shop, '/broadcast', { text: '!say heard by all' })).settled()
  assert.match(sent.content, /^Asked 2 sessions: \*\*shop\*\*, \*\*docs\*\*\./)
  assert.doesNotMatch(sent.content, /secret/)
  for (const place of [shop, docs]) await stage.botShows(olivia, place, /^heard by all/)
  assert.equal(stage.query('select 1 from runs').length, 2)
})
