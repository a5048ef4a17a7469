import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { it } from 'node:test'
import { promisify } from 'node:util'
import { startSandbox, type SeenMessage } from 'loopback-discord'
import { compiled } from '../compiled.ts'
import { patienceMs } from '../patience.ts'

/** PM2 is 77 packages, so it is none of ours: `npm install --prefix <folder> pm2`, and its program in this variable. */
const pm2 = process.env['OMC_TEST_PM2']
const launcher = join(import.meta.dirname, '../../bin/discord-orchestrator.js')
it(
  'PM2 itself starts the bot, starts it anew when it is killed, and leaves its agents at work',
  { skip: pm2 === undefined && 'OMC_TEST_PM2 names no PM2', timeout: 5 * patienceMs },
  async (test) => {
    if (pm2 === undefined) return
    const people = [{ name: 'olivia', roles: ['owner'], owner: true }]
    await using sandbox = await startSandbox({
      world: { guild: { channels: ['general'], roles: [{ name: 'owner' }], people } },
      patienceMs,
    })
    const olivia = await sandbox.actor('olivia')
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pm2-')))
    const PATH = [dirname(pm2), dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter)
    const env = { PATH, HOME: folder, PM2_HOME: join(folder, '.pm2'), ...compiled() }
    const settings = {
      DISCORD_BOT_TOKEN: sandbox.bot.token,
      DISCORD_GUILD_ID: sandbox.guildId,
      OMC_DISCORD_API: sandbox.api,
      OMC_OWNER_USER_ID: olivia.id,
      OMC_PROJECT_ROOTS: folder,
      OMC_HEALTHZ_PORT: '0',
    }
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`)
    writeFileSync(join(folder, '.env'), lines.join(''), { mode: 0o600 })
    const run = async (file: string, ...args: readonly string[]): Promise<string> =>
      (await promisify(execFile)(file, args, { cwd: folder, env })).stdout
    const bot = (...args: readonly string[]): Promise<string> => run(process.execPath, launcher, ...args)
    const pids = async (): Promise<readonly number[]> =>
      (JSON.parse(await run(pm2, 'jlist')) as readonly { pid: number }[]).map(({ pid }) => pid)
    const took: Record<string, number> = {}
    let since = performance.now()
    const lap = (step: string): void => {
      took[step] = Math.round(performance.now() - since)
      since = performance.now()
    }
    const says = (text: RegExp) => (message: SeenMessage) => message.author.bot && text.test(message.content)
    try {
      assert.match(await bot('service', 'install', '--kind', 'pm2'), /it runs now/)
      await sandbox.botOnline(patienceMs)
      lap('installed')
      while ((await olivia.commands('general')).length === 0) await new Promise((resolve) => setTimeout(resolve, 50))
      await (await olivia.runs('general', '/session start', { name: 'shop', runtime: 'echo' })).settled()
      await olivia.says('general', '!until reboot one two three')
      await olivia.sees('general', says(/one two/))
      lap('an agent is at work')

      const [first = 0] = await pids()
      process.kill(first, 'SIGKILL')
      await changed(pids, first)
      lap('another bot')
      await run(pm2, 'restart', 'discord-orchestrator')
      // PM2 waits for nothing: the new one may not have the data folder yet.
      while (!(await bot('service', 'status').catch(() => '')).includes('A bot runs on'))
        await new Promise((resolve) => setTimeout(resolve, 200))
      lap('restarted')
      mkdirSync(join(folder, 'data', 'echo', 'until'), { recursive: true })
      writeFileSync(join(folder, 'data', 'echo', 'until', 'reboot'), '')
      await olivia.sees('general', says(/one two three/))
      const answers = (await olivia.messages('general')).filter(says(/one two/))
      assert.equal(answers.length, 1, olivia.story('general'))
      lap('the same answer, whole')

      writeFileSync(join(folder, '.env'), [...lines, 'OMC_MAX_ACTIVE_CLIS=many\n'].join(''))
      await run(pm2, 'restart', 'discord-orchestrator')
      const code = async (): Promise<number | undefined> =>
        (JSON.parse(await run(pm2, 'jlist')) as { pm2_env: { exit_code?: number } }[])[0]?.pm2_env.exit_code
      while ((await code()) !== 78) await new Promise((resolve) => setTimeout(resolve, 200))
      // It says that it waits to start it again (because there is a delay for that), and never does.
      for (let look = 0; look < 10; look++) assert.deepEqual(await pids(), [0])
      writeFileSync(join(folder, '.env'), lines.join(''))
      await bot('service', 'uninstall')
      assert.deepEqual(await pids(), [])
      lap('78 stays down, and it is taken away')
    } finally {
      await run(pm2, 'kill').catch(() => '')
      await bot('stop', '--all').catch(() => '')
      test.diagnostic(JSON.stringify(took))
      olivia.close()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    }
  },
)

/** The process that has taken another's place. */
async function changed(pids: () => Promise<readonly number[]>, from: number): Promise<number> {
  for (;;) {
    const [now = 0] = await pids()
    if (now !== from && now !== 0) return now
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
