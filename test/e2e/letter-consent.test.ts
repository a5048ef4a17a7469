import assert from 'node:assert/strict'
import { test } from 'node:test'
import { controlsOf, textOf, type Actor, type SeenPlace } from 'loopback-discord'
import { grant, told } from './approving.ts'
import { Stage } from './stage.ts'

test('approvers may consent beside owners, but not to what is for themselves; each decision is copied for the audit', async () => {
  const world = {
    guild: {
      name: 'Team',
      channels: ['general', 'audit'],
      roles: [{ name: 'owner' }, { name: 'approver' }],
      people: [
        { name: 'olivia', roles: ['owner'], owner: true },
        { name: 'anna', roles: ['approver'] },
        { name: 'mary' },
      ],
    },
  }
  await using stage = await Stage.open({ sandbox: { world } })
  const olivia = await stage.sandbox.actor('olivia')
  const env = {
    OMC_INTER_AGENT_COOLDOWN_MS: '0',
    OMC_APPROVER_ROLE_ID: stage.roleId('approver'),
    OMC_AUDIT_CHANNEL_ID: olivia.place('audit').id,
  }
  await stage.startBot({ env })
  grant(stage, { mary: 'member', anna: 'member' })
  const [anna, mary] = [await stage.sandbox.actor('anna'), await stage.sandbox.actor('mary')]
  const shop = await stage.session(olivia, 'shop')
  await stage.session(olivia, 'docs')
  const asks = (actor: Actor, what: string) =>
    actor.sees(shop, (message) => controlsOf(message).length > 0 && textOf(message).includes(what))

  await anna.says(shop, '!delegate docs !say for anna')
  await anna.clicks(await asks(anna, '> !say for anna'), 'Approve')
  await told(anna, shop, 'Only owners and approvers may answer this')
  await mary.says(shop, '!delegate docs !say for mary')
  await anna.clicks(await asks(anna, '> !say for mary'), 'Approve')
  await stage.botShows(olivia, shop, /✉ \*\*docs\*\* reports to \*\*shop\*\*.*\n> for mary/)
  const audit: SeenPlace = olivia.place('audit')
  const copy = textOf(await stage.botShows(olivia, audit, /✓ Approved by @anna/))
  assert.match(copy, /> !say for mary/)
  await olivia.clicks(await asks(olivia, '> !say for anna'), 'Approve')
  await stage.botShows(olivia, shop, /> for anna$/)

  // Each answer hands over more: asked, asked with what came before, and then for this pair no more.
  await olivia.says(shop, '!delegate docs !reply !delegate docs !reply !delegate docs !say the third')
  await olivia.clicks(await asks(olivia, 'hop 1 of 4'), 'Approve')
  const again = await asks(olivia, 'hop 2 of 4')
  assert.match(textOf(again), /\nso far: shop → docs\n/)
  await olivia.clicks(again, 'This pair, this chain')
  await stage.botShows(olivia, shop, /✉ \*\*docs\*\* reports to \*\*shop\*\*.*\n> the third/)
  const consents = stage
    .query<{ consent: string | null }>("select consent from letters where kind = 'delegate' order by seq")
    .slice(-3)
  assert.deepEqual(
    consents.map(({ consent }) => consent),
    [JSON.stringify({ by: 'olivia', lasting: false }), JSON.stringify({ by: 'olivia', lasting: true }), null],
  )

  // What went on between others is counted there: who reads it need not see their places.
  const [mail, pens] = [await stage.session(olivia, 'mail'), await stage.session(olivia, 'pens')]
  await olivia.says(shop, '!delegate mail !delegate pens !delegate docs !say the last')
  await olivia.clicks(await asks(olivia, '!delegate pens'), 'Approve')
  const [first, second] = [mail, pens].map(
    (place) => (what: string) =>
      olivia.sees(place, (message) => controlsOf(message).length > 0 && textOf(message).includes(what)),
  )
  assert.ok(first !== undefined && second !== undefined)
  const onward = await first('!delegate docs')
  assert.match(textOf(onward), /\nso far: shop → mail\n/)
  await olivia.clicks(onward, 'Approve')
  assert.match(textOf(await second('> !say the last')), /\nso far: 1 elsewhere, mail → pens\n/)
})
