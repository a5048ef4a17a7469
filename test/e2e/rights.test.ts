import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { textOf, type Actor, type SeenPlace } from 'loopback-discord'
import { Stage, until } from './stage.ts'

/** A tier in a thread, as an owner's command would write it down. */
function grant(stage: Stage, person: Actor, thread: SeenPlace, tier: string): void {
  const db = new DatabaseSync(join(stage.data, 'orchestrator.sqlite'))
  try {
    db.exec('pragma busy_timeout = 5000')
    const row = 'insert into grants (person, scope, tier, granted_by, at) values (?, ?, ?, ?, 0)'
    db.prepare(row).run(person.id, `thread:${thread.id}`, tier, person.id)
  } finally {
    db.close()
  }
}

/** The tiers of all prompts, in the order in which they were asked. */
function tiersOf(stage: Stage): readonly string[] {
  return stage
    .query<{ json: string }>("select json from run_events where type = 'asked' order by seq, run")
    .map(({ json }) => (JSON.parse(json) as { prompt: { tier: string } }).prompt.tier)
}

describe("a guest's prompt in an owner's session", () => {
  for (const kill of [false, true])
    test(`only looks${kill ? ', also when the bot was killed between the two' : ''}`, async () => {
      await using stage = await Stage.open({ ownProcess: kill })
      let bot = await stage.startBot()
      const olivia = await stage.sandbox.actor('olivia')
      const bob = await stage.sandbox.actor('bob')
      const thread = await stage.session(olivia, 'shop')
      grant(stage, bob, thread, 'guest')
      await olivia.says(thread, '!say the owner was here')
      await stage.botShows(olivia, thread, 'the owner was here')
      const before = await until(async () => {
        const pids = await stage.agents()
        return pids.length === 1 ? pids : null
      })
      if (kill) {
        await bot.kill()
        bot = await stage.startBot()
      }
      await bob.says(thread, '!change by-bob.txt | x\n!ask Bash rm -rf build\n!say that was all')
      await stage.botShows(bob, thread, 'that was all')
      const shown = (await stage.botMessages(bob, thread)).map(textOf).join('\n')
      assert.equal(shown.split('I may only look here').length - 1, 2, shown)
      assert.ok(!existsSync(join(stage.project, 'by-bob.txt')))
      assert.deepEqual(stage.query("select 1 from run_events where type = 'wanted'"), [], 'nobody was asked')
      assert.notDeepEqual(await stage.agents(), before, 'by another process than the owner had')
      assert.deepEqual(tiersOf(stage).toSorted(), ['guest', 'owner'])
      assert.ok(bot.alive)
    })
})
