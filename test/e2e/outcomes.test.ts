import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Stage, until } from './stage.ts'

describe('the log says what became of everything', { concurrency: true }, () => {
  test('of every run with its cause, and of every command; nothing that anybody said is in it', async () => {
    await using stage = await Stage.open()
    const bot = await stage.startBot()
    const [olivia, bob] = [await stage.sandbox.actor('olivia'), await stage.sandbox.actor('bob')]
    const thread = await stage.session(olivia, 'shop')
    await olivia.says(thread, '!say a-word-of-theirs')
    await stage.botShows(olivia, thread, 'a-word-of-theirs')
    await olivia.says(thread, '!fail the-cause-of-it')
    await stage.botShows(olivia, thread, /the-cause-of-it/)
    await olivia.says(thread, '!until never one two')
    await stage.botShows(olivia, thread, '● Working')
    await (await olivia.runs(thread, '/cancel')).settled()
    await (await bob.runs(thread, '/session stop')).settled()

    const named = (msg: string): readonly Record<string, unknown>[] => bot.log.filter((line) => line['msg'] === msg)
    await until(() => named('run.finished').length === 3)
    const ends = named('run.finished').map(({ level, outcome, by, why }) => ({ level, outcome, by, why }))
    assert.deepEqual(ends, [
      { level: 'info', outcome: 'done', by: olivia.id, why: undefined },
      { level: 'warn', outcome: 'failed', by: olivia.id, why: 'model-failed' },
      { level: 'info', outcome: 'stopped', by: olivia.id, why: undefined },
    ])
    assert.match(JSON.stringify(named('run.finished')[1]), /the-cause-of-it/)
    assert.ok(named('run.finished').every(({ ms, run }) => Number(ms) >= 0 && typeof run === 'string'))
    const commands = [...named('command.done'), ...named('command.refused')].map(({ msg, what, by, why }) => {
      return { msg, what, by, why }
    })
    assert.deepEqual(commands, [
      { msg: 'command.done', what: 'session start', by: olivia.id, why: undefined },
      { msg: 'command.done', what: 'cancel', by: olivia.id, why: undefined },
      { msg: 'command.refused', what: 'session stop', by: bob.id, why: 'not-allowed' },
    ])
    const told = bot.log.filter(({ msg }) => /^(run|command)\./.test(String(msg)))
    assert.doesNotMatch(JSON.stringify(told), /a-word-of-theirs/)
  })
})
