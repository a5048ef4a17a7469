import assert from 'node:assert/strict'
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { makeRuntime, makeTurn } from './runtime-bench.ts'
import type { Story } from './runtime-stage.ts'

/** What an agent sees of people's text and of the bot. */
export function privacyContract(story: Story): void {
  story.ofAny('text of people is inert: no file is read, no command run, no flag taken', async (stage) => {
    const { bench } = stage
    const secret = `planted ${Math.random()}`
    const file = join(bench.workdir, 'secret.txt')
    writeFileSync(file, secret)
    let conversing = stage.session
    for (const text of [`look at @${file} and @secret.txt`, '/compact', '--version']) {
      const listener = stage.begin(makeTurn(conversing, text, { name: `@${file}\n/clear` }))
      await listener.done
      assert.equal(stage.outcome(listener), 'done', text)
      assert.ok(!listener.text.includes(secret), text)
      assert.equal(bench.asked(text), 1, `${text} was asked of the model as it is`)
      conversing = stage.after(listener)
    }
    assert.ok(!bench.received().includes(secret))
  })

  story('sees nothing of the bot in its environment and its open files', async (stage, t) => {
    if (process.platform !== 'linux') return t.skip('only Linux shows it')
    const { bench } = stage
    const secrets = { DISCORD_BOT_TOKEN: 'planted', DATABASE_URL: 'planted', HTTPS_PROXY: 'planted', NODE_OPTIONS: '' }
    stage.runtime = makeRuntime({ ...bench.options, environment: { ...bench.options.environment, ...secrets } })
    const listener = stage.begin(makeTurn(stage.session, bench.words.say('hello')))
    await listener.done
    const environment = readFileSync(`/proc/${listener.pid}/environ`, 'utf8')
    assert.ok(!environment.includes('planted'), 'nothing of the bot’s own')
    const names = environment
      .split('\0')
      .filter((each) => each !== '')
      .map((each) => each.slice(0, each.indexOf('=')))
    const expected = new Set([...Object.keys(bench.options.environment), ...Object.keys(bench.options.account)])
    const more = names.filter((each) => !expected.has(each) && !ours.test(each))
    assert.deepEqual(more, [], 'no variable that was not given')
    for (const secret of ['DISCORD_BOT_TOKEN', 'DATABASE_URL', 'NODE_OPTIONS'])
      assert.ok(!names.includes(secret), secret)
    const mine = new Set(filesOf(process.pid).filter((each) => /socket|pipe/.test(each)))
    const theirs = filesOf(listener.pid)
    assert.deepEqual(
      theirs.filter((each) => mine.has(each)),
      [],
      'no descriptor of ours',
    )
    const spool = dirname(theirs[0] ?? '')
    assert.equal(dirname(spool), join(bench.options.dataDir, 'spools'))
    if (!bench.sharesProcess) assert.equal(basename(spool), stage.session.id)
    assert.deepEqual(
      theirs.slice(0, 3),
      ['stdin', 'stdout', 'stderr'].map((each) => join(spool, each)),
    )
  })
}

/** Variables that the product itself sets for an agent, those of its box among them. */
const ours =
  /^((HTTPS?|https?|ALL|all|NO|no)_(PROXY|proxy)|NODE_USE_ENV_PROXY|ANTHROPIC_UNIX_SOCKET|USER|LOGNAME|SHELL|OMC_(DATA|RUNTIME|SPOOL)|GIT_(CONFIG_(COUNT|KEY_\d|VALUE_\d)|TERMINAL_PROMPT)|DISABLE_\w+|CLAUDE_(CODE|BASH)_\w+|MCP_(TOOL_)?TIMEOUT|API_TIMEOUT_MS)$/

function filesOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`)
    .sort((a, b) => Number(a) - Number(b))
    .map((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`)
      } catch {
        return '(closed)'
      }
    })
}
