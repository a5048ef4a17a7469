import assert from 'node:assert/strict'
import { after, before, describe } from 'node:test'
import { LEADS, PLAIN, SESSION } from '../shop-commands.ts'
import type { Stage } from '../stage.ts'
import type { Steps } from './steps.ts'
import type { Actor } from '../../src/actors/actor.ts'

export function commands({ step, open, close }: Steps): void {
  describe('registering commands, and the rules of components', () => {
    let stage: Stage
    let alice: Actor
    before(async () => {
      stage = await open()
      alice = await stage.sandbox.actor('alice')
      await stage.client.application.commands.set([SESSION, PLAIN, LEADS])
    })
    after(() => close(stage))

    step('commands are listed with their localizations', async () => {
      const commands = await stage.client.application.commands.fetch({ withLocalizations: true })
      assert.equal(commands.size, 3)
      assert.equal(commands.find((one) => one.name === 'session')?.nameLocalizations?.ko, '세션')
    })
    step('a second PUT keeps ids of what keeps its name', async () => {
      const before = await stage.client.application.commands.fetch()
      const after = await stage.client.application.commands.set(
        [...before.values()].map((one) => one.toJSON() as never),
      )
      assert.deepEqual([...after.keys()].toSorted(), [...before.keys()].toSorted())
    })
    step('guild commands live beside global ones', async () => {
      const guild = stage.client.guilds.cache.first()
      const made = await guild?.commands.create({ name: 'here', description: 'only here' })
      assert.equal(made?.guildId, guild?.id)
      await made?.edit({ description: 'changed' })
      assert.equal((await guild?.commands.fetch(made?.id ?? ''))?.description, 'changed')
      await made?.delete()
      assert.equal((await guild?.commands.fetch())?.size, 0)
    })
    step('who lacks the permission is not offered the command', async () => {
      assert.equal(
        (await alice.commands('general')).some((one) => one.name === 'leads'),
        false,
      )
      const olivia = await stage.sandbox.actor('olivia')
      assert.equal(
        (await olivia.commands('general')).some((one) => one.name === 'leads'),
        true,
      )
    })
    step('what is optional comes back without saying so, as Discord gives it', async () => {
      const options = [{ type: 3, name: 'a', description: 'd', required: false, autocomplete: false, choices: null }]
      const url = `/applications/${stage.sandbox.bot.id}/commands` as const
      const made = (await stage.client.rest.post(url, { body: { name: 'bare', description: 'd', options } })) as {
        options: object[]
      }
      assert.deepEqual(made.options, [{ type: 3, name: 'a', description: 'd' }])
    })
  })
}
