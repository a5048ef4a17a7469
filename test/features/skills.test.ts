import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Asked, Request } from '../../src/core/desk.ts'
import type { RunId } from '../../src/core/ids.ts'
import { skills } from '../../src/features/skills/skills.ts'
import { openStore } from '../../src/stores/open.ts'
import { hostClock } from '../../src/system/host.ts'
import { session } from '../locales/samples.ts'
import { quietLog, scratchFolder } from '../stores/cast.ts'
import { refused } from '../../src/core/reply.ts'
import { call, commandOf, say } from './call.ts'

/** The skill `review`, in a place with a session or without. */
async function withSkill(
  hasSession: boolean,
  work: (skill: ReturnType<typeof commandOf>, asked: Request[]) => Promise<void>,
) {
  await using folder = await scratchFolder()
  await using store = await openStore({ folder: folder.path, clock: hostClock, log: quietLog })
  if (hasSession) await store.vault.addSession(session())
  const asked: Request[] = []
  const ask = async (request: Request): Promise<Asked> => {
    asked.push(request)
    return { kind: 'accepted', run: 'run' as RunId }
  }
  const known = {
    list: async () => ['overview', 'review'],
    read: async (_session: unknown, name: string) => (name === 'review' ? 'Look at $ARGUMENTS closely.' : null),
  }
  await work(
    commandOf(skills({ gate: { sees: async () => true }, vault: store.vault, skills: known, ask }), 'skill'),
    asked,
  )
}

describe('/skill', () => {
  it('asks what the file says, under the key of the interaction, and says who runs what, and on what', () =>
    withSkill(true, async (skill, asked) => {
      const reply = await skill.run(call({ name: ' review ', arguments: ' the cart ' }))
      assert.deepEqual(reply, { text: '› @alice runs the skill `review`: the cart', hidden: false })
      assert.deepEqual(
        asked.map(({ key, text, message }) => ({ key, text, message })),
        [{ key: '1', text: 'Look at the cart closely.', message: null }],
      )
    }))

  it('says what is missing: the session, the name, the skill', async () => {
    await withSkill(false, async (skill, asked) => {
      assert.equal((await skill.run(call({ name: 'review' }))).text, say.refusal({ code: 'no-session' }))
      assert.deepEqual(await skill.complete?.(call(), 'name', 're'), [])
      assert.deepEqual(asked, [])
    })
    await withSkill(true, async (skill, asked) => {
      const missing = { code: 'option-missing', option: 'name' } as const
      assert.deepEqual(await skill.run(call({ name: '  ' })), refused(call(), missing))
      const unknown = { code: 'skill-unknown', skill: 'reveiw', known: ['overview', 'review'] } as const
      assert.deepEqual(await skill.run(call({ name: 'reveiw' })), refused(call(), unknown))
      assert.deepEqual(asked, [])
    })
  })

  it('completes names, those that begin so first, and names only', () =>
    withSkill(true, async (skill) => {
      assert.deepEqual(await skill.complete?.(call(), 'name', 'RE'), ['review'])
      assert.deepEqual(await skill.complete?.(call(), 'name', 'view'), ['overview', 'review'])
      assert.deepEqual(await skill.complete?.(call(), 'arguments', 're'), [])
    }))
})
