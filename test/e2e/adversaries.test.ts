import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { textOf, type SandboxOptions } from 'loopback-discord'
import { Stage, until } from './stage.ts'

type Watcher = NonNullable<SandboxOptions['watchers']>[number]

/** Changes what Discord tells the bot on its way, once. The oracle has seen it before. */
class Liar implements Watcher {
  lie: ((name: string, told: Record<string, unknown>) => boolean) | null = null

  exchange(): void {}

  dispatch(name: string, data: unknown, toBot: boolean): void {
    if (toBot && this.lie?.(name, data as Record<string, unknown>) === true) this.lie = null
  }

  report(): object {
    return {}
  }
}

describe('Discord that lies', { concurrency: true }, () => {
  test('a place of another server, somebody who is a webhook, and what comes twice give nothing', async () => {
    const liar = new Liar()
    await using stage = await Stage.open({ sandbox: { watchers: [liar] } })
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const bob = await stage.sandbox.actor('bob')
    const thread = await stage.session(olivia, 'shop')
    const prompts = (text: string): number =>
      stage
        .query<{ json: string }>("select json from run_events where type = 'asked'")
        .filter(({ json }) => json.includes(text)).length

    // The control, which also comes twice: it is asked once.
    stage.sandbox.faults.add({ kind: 'gateway.duplicate', event: 'MESSAGE_CREATE', times: 1 })
    await olivia.says(thread, '!say honest')
    await stage.botShows(olivia, thread, 'honest')
    assert.equal(prompts('honest'), 1)

    const lies: readonly (readonly [string, (told: Record<string, unknown>) => void])[] = [
      ['of another server', (told) => (told['guild_id'] = '999999999999999999')],
      ['of a place nobody knows', (told) => (told['channel_id'] = '999999999999999999')],
      ['of a webhook in the name of an owner', (told) => (told['webhook_id'] = '999999999999999999')],
      ['of another bot', (told) => (told['author'] = { ...(told['author'] as object), bot: true })],
      ['of the system', (told) => (told['type'] = 7)],
    ]
    for (const [what, change] of lies) {
      liar.lie = (name, told) => {
        if (name !== 'MESSAGE_CREATE' || told['content'] !== `!say ${what}`) return false
        change(told)
        return true
      }
      await olivia.says(thread, `!say ${what}`)
      await until(() => liar.lie === null)
    }
    // What comes behind them is answered, so they were looked at.
    await olivia.says(thread, '!say and on')
    await stage.botShows(olivia, thread, 'and on')
    assert.deepEqual(
      lies.filter(([what]) => prompts(what) > 0).map(([what]) => what),
      [],
    )

    // A command by somebody without a tier, who is said to be in another server; and one of an owner that comes twice.
    liar.lie = (name, told) => {
      if (name !== 'INTERACTION_CREATE') return false
      told['guild_id'] = '999999999999999999'
      return true
    }
    await bob.runs(thread, '/permission set', { user: bob.id, tier: 'owner' }).catch(() => null)
    assert.equal(liar.lie, null, 'it was told')
    stage.sandbox.faults.add({ kind: 'gateway.duplicate', event: 'INTERACTION_CREATE', times: 1 })
    await (await olivia.runs(thread, '/permission set', { user: bob.id, tier: 'guest' })).settled()
    const grants = stage.query<{ person: string; tier: string }>('select person, tier from grants')
    assert.deepEqual(
      grants.map((grant) => ({ ...grant })),
      [{ person: bob.id, tier: 'guest' }],
    )
  })
})

describe('somebody else on the machine', () => {
  test(
    'reads no file of the bot, opens no socket of it and no process, also where its folders may be entered',
    { skip: process.getuid?.() !== 0 && 'only root becomes somebody else' },
    async () => {
      await using stage = await Stage.open({ ownProcess: true })
      for (const folder of [stage.data, dirname(stage.data)]) chmodSync(folder, 0o755)
      const bot = await stage.startBot()
      const olivia = await stage.sandbox.actor('olivia')
      const thread = await stage.session(olivia, 'shop')
      await olivia.says(thread, '!say words of the team')
      await stage.botShows(olivia, thread, 'words of the team')
      const [agent = 0] = await stage.agents()
      const script = [
        `find ${stage.data} -mindepth 1 \\( -type f -o -type s -o -type p \\) \\( -readable -o -writable \\) 2>/dev/null`,
        `cat /proc/${bot.pid}/environ /proc/${agent}/environ 2>/dev/null | tr '\\0' '\\n' | grep -E 'TOKEN|OMC_SPOOL'`,
        `kill -0 ${bot.pid} 2>/dev/null && echo signalled`,
      ].join('; ')
      const as = (uid: number): string =>
        spawnSync('sh', ['-c', script], { uid, gid: uid, encoding: 'utf8', env: { PATH: '/usr/bin:/bin' } }).stdout
      const own = as(0)
      for (const each of ['orchestrator.sqlite', 'TOKEN', 'OMC_SPOOL', 'signalled'])
        assert.ok(own.includes(each), `the control: the bot's own user gets ${each}`)
      assert.equal(as(60_123), '')
      const open = readdirSync(stage.data).filter((name) => (statSync(join(stage.data, name)).mode & 0o022) !== 0)
      assert.deepEqual(open, [])
    },
  )
})

describe('a hostile attachment', { concurrency: true }, () => {
  test('its name leads nowhere, and what is packed in it stays packed', async () => {
    await using stage = await Stage.open()
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', 'echo', stage.project)
    const folders = [stage.home, stage.project, dirname(stage.project), dirname(stage.data)]
    // What a first prompt leaves beside the project stands by now.
    await olivia.says(thread, '!say begun')
    await stage.botShows(olivia, thread, 'begun')
    const standing = (): string => JSON.stringify(folders.map((folder) => readdirSync(folder).sort()))
    const before = standing()
    const names = [
      '../../home/planted.txt',
      '-rf',
      '/etc/cron.d/planted',
      'a`b\n# planted\n[x](https://evil.example).txt',
    ]
    for (const [nth, name] of names.entries()) {
      await olivia.says(thread, '!attached', { files: [{ name, content: 'x'.repeat(100 + nth) }] })
      await stage.botShows(olivia, thread, `${100 + nth} bytes`)
    }
    // A tar with a link in it that leads out, and a name that does.
    const folder = join(stage.home, 'packed')
    mkdirSync(folder)
    symlinkSync('/etc', join(folder, 'link'))
    writeFileSync(join(folder, 'x'), 'x')
    const packed = spawnSync('tar', [
      '-C',
      folder,
      '--transform',
      's,^x,../../planted,',
      '-cf',
      '-',
      'link',
      'x',
    ]).stdout
    rmSync(folder, { recursive: true })
    await olivia.says(thread, '!say packed is what it is', { files: [{ name: 'work.tar', content: packed }] })
    await stage.botShows(olivia, thread, /packed is what it is|work\.tar/)
    assert.equal(standing(), before)
    const kept = readdirSync(join(stage.data, 'attachments'))
    assert.ok(kept.length >= names.length && kept.every((each) => /^[0-9a-f]{64}$/.test(each)), kept.join())
    const modes = kept.map((each) => statSync(join(stage.data, 'attachments', each)).mode & 0o777)
    assert.ok(modes.every((mode) => mode === 0o400))
    const shown = (await stage.botMessages(olivia, thread)).map(textOf).join('\n')
    assert.doesNotMatch(shown, /^# planted/m, 'a name is no heading')
  })
})
