import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { approving, Listener, makeTurn, until, wanted } from './runtime-bench.ts'
import type { Story } from './runtime-stage.ts'

/** Nobody gets more than they were given: the tier of each prompt decides, within one session too. */
export function rightsContract(story: Story): void {
  const isAsked = (listener: Listener): boolean => listener.events.some(({ type }) => type === 'wanted')

  story.ofAny(
    "a guest's prompt in an owner's session writes nothing, runs nothing, and asks for no leave",
    async (stage, t) => {
      const { words, workdir } = stage.bench
      if (words.write === undefined) return t.skip('has no words for it')
      const [first, second, third] = ['first', 'second', 'third'].map((name) => join(workdir, name)) as [
        string,
        string,
        string,
      ]
      const owners = stage.begin(makeTurn(stage.session, words.write(first, 'by the owner')))
      await approving(owners)
      assert.ok(existsSync(first), 'the owner may')
      const guests = stage.begin(makeTurn(stage.after(owners), words.write(second, 'by the guest'), { tier: 'guest' }))
      await approving(guests)
      assert.equal(stage.outcome(guests), 'done')
      assert.ok(!existsSync(second), 'the guest may not')
      assert.ok(!isAsked(guests), 'nobody is asked for more')
      assert.equal(guests.conversation?.id, owners.conversation?.id, 'in the same conversation')
      const again = stage.begin(makeTurn(stage.after(guests), words.write(third, 'by the owner')))
      await approving(again)
      assert.ok(existsSync(third), 'and the owner still may')
    },
  )

  story.ofAny('what an owner once allowed is not allowed to a guest', async (stage, t) => {
    const { words, workdir } = stage.bench
    if (words.write === undefined || words.ask === undefined) return t.skip('has no words for it')
    const file = join(workdir, 'made')
    const owners = stage.begin(makeTurn(stage.session, words.ask('echo allowed')))
    await owners.conduct.answer((await wanted(owners)).id, { verdict: 'approve' })
    await owners.done
    assert.ok(owners.text.includes('allowed'), owners.text)
    for (const command of ['echo allowed', `touch ${file}`]) {
      const guests = stage.begin(makeTurn(stage.after(owners), words.ask(command), { tier: 'guest' }))
      await guests.done
      assert.ok(!isAsked(guests), 'nobody is asked')
      assert.ok(
        guests.events.every((event) => event.type !== 'acted' || event.phase !== 'done'),
        `nothing was run: ${guests.text}`,
      )
    }
    assert.ok(!existsSync(file))
  })

  story("a kill in between: a guest's prompt is not handed to the process that an owner's left", async (stage, t) => {
    const { words, workdir } = stage.bench
    if (words.write === undefined) return t.skip('has no words for it')
    const turn = makeTurn(stage.session, words.held('the turn', ' before'))
    const before = await stage.dies(turn, { text: 'the' })
    stage.bench.release()
    await until('the turn before is over', () => stage.isOver(stage.session))
    const started = before.flatMap(({ events }) => events).find((event) => event.type === 'started')
    assert.ok(started?.type === 'started')
    const session = { ...stage.session, conversation: started.conversation }
    const file = join(workdir, 'by-the-guest')
    const guests = makeTurn(session, words.write(file, 'x'), { tier: 'guest' })
    const adopted = await stage.runtime.adopt(guests, null)
    if (adopted !== null) assert.equal(stage.bench.sharesProcess, true, 'a process of its own is not taken over')
    const listener = adopted === null ? stage.begin(guests) : new Listener(adopted, guests)
    await approving(listener)
    assert.equal(stage.outcome(listener), 'done')
    assert.ok(!isAsked(listener))
    assert.ok(!existsSync(file))
  })

  story('somebody without a tier that may prompt gets nothing at all', async (stage, t) => {
    if (stage.bench.words.write === undefined) return t.skip('has no words for it')
    for (const tier of ['public', 'blocked'] as const) {
      const listener = stage.begin(makeTurn(stage.session, stage.bench.words.say('hello'), { tier }))
      await listener.done
      assert.equal(stage.outcome(listener), 'failed')
      assert.equal(listener.events.length, 1)
    }
    assert.equal(stage.bench.asked('hello'), 0)
  })
}
