import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { DemoBot } from '../../../src/cli/demo/bot.ts'

const folder = mkdtempSync(join(tmpdir(), 'demo-bot-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** Ends with its standard input, like the bot, and says in its log what it was given. */
const life = `
console.log(JSON.stringify({ env: Object.keys(process.env).sort(), cwd: process.cwd() }))
process.stdin.on('end', () => { console.log('ended in order'); process.exit(0) }).resume()
`

function open(script: string): { bot: DemoBot; said: string[]; heard: EventEmitter; log: string } {
  const said: string[] = []
  const heard = new EventEmitter()
  const log = join(mkdtempSync(join(folder, 'log-')), 'bot.log')
  const bot = new DemoBot({
    command: [process.execPath, '-e', script],
    env: { ONLY: 'this' },
    folder,
    logFile: log,
    say(line) {
      said.push(line)
      heard.emit(line.startsWith('The bot runs') ? 'runs' : 'ended')
    },
  })
  bot.open()
  return { bot, said, heard, log }
}

describe("the demo's bot", () => {
  it('is started again after it was killed or has ended', async () => {
    const { bot, said, heard } = open(life)
    await using _ = bot
    await once(heard, 'runs')
    const first = bot.pid
    bot.kill()
    await once(heard, 'runs')
    assert.match(said[1] ?? '', /SIGKILL/)
    assert.notEqual(bot.pid, first)
    bot.restart()
    await once(heard, 'runs')
    assert.match(said[3] ?? '', /SIGTERM/)
  })

  it('ends in order when it is closed, and stays ended', async () => {
    const { bot, said, heard, log } = open(life)
    await once(heard, 'runs')
    await Promise.all([bot.close(), bot.close()])
    assert.equal(bot.pid, null)
    assert.equal(said.length, 1)
    const [told, ended] = readFileSync(log, 'utf8').trim().split('\n')
    assert.deepEqual(JSON.parse(told ?? ''), { env: ['ONLY'], cwd: folder })
    assert.equal(ended, 'ended in order')
  })

  it('can be closed while it waits to start again, and when it never could', async () => {
    const { bot, said, heard } = open('process.exit(3)')
    await once(heard, 'ended')
    await bot.close()
    assert.match(said[1] ?? '', /exit code 3/)
    const never = new DemoBot({
      command: [join(folder, 'no-such-program')],
      env: {},
      folder,
      logFile: join(folder, 'never.log'),
      say: (line) => heard.emit('never', line),
    })
    never.open()
    const [line] = (await once(heard, 'never')) as [string]
    assert.match(line, /ENOENT/)
    await never.close()
  })
})
