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
})
