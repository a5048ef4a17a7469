import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { SeenPlace } from 'loopback-discord'
import { audit } from '../../src/cli/audit.ts'
import { asked } from './approving.ts'
import { Stage } from './stage.ts'

const secret = ['ghp', 'aB3dE5gH7jK9mN2pQ4sT6vW8yZ0cF1xR5tU7'].join('_')

describe('/audit export', { concurrency: true }, () => {
  test('says who asked, consented and stopped, without secrets and hidden places, in a file that can be checked', async () => {
    await using stage = await Stage.open()
    await stage.startBot()
    const [olivia, alice] = [await stage.sandbox.actor('olivia'), await stage.sandbox.actor('alice')]
    const shop = await stage.session(alice, 'shop')
    await alice.says(shop, `!say with ${secret}\n!ask Bash rm -rf build`)
    await olivia.clicks(await asked(olivia, shop, 'rm -rf build'), 'Approve')
    await stage.botShows(alice, shop, 'Done: rm -rf build')
    await alice.says(shop, '!until never at work')
    await stage.botShows(alice, shop, '● Working')
    await (await olivia.runs(shop, '/cancel')).settled()
    await stage.botShows(alice, shop, '■ Stopped by @olivia')
    const path = `/channels/${olivia.place('general').id}/threads`
    const hidden = await olivia.call<SeenPlace>('POST', path, {
      name: 'private',
      type: 12,
      auto_archive_duration: 1440,
    })
    await (await olivia.runs(hidden, '/session start', { name: 'hidden', runtime: 'echo' })).settled()
    await olivia.says(hidden, '!say nobody else reads this')
    await stage.botShows(olivia, hidden, 'nobody else')
    await (
      await olivia.runs('general', '/permission set', {
        user: (await stage.sandbox.actor('bob')).id,
        tier: 'guest',
        scope: 'global',
      })
    ).settled()

    const { id: bob } = await stage.sandbox.actor('bob')
    for (const place of [shop, hidden])
      await (await olivia.runs(place, '/permission set', { user: bob, tier: 'member', scope: 'here' })).settled()

    const reply = await (await alice.runs('general', '/audit export', { days: '7' })).settled()
    const file = stage.sandbox.world.messages.get(olivia.place('general').id)?.get(reply.id)?.attachments[0]
    assert.ok(file, reply.content)
    const text = new TextDecoder().decode(file.bytes)
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    assert.deepEqual([lines[0]?.['record'], lines.at(-1)?.['record']], ['head', 'end'])
    const has = (record: string, more: object): boolean =>
      lines.some(
        (line) =>
          line['record'] === record &&
          Object.entries(more).every(([name, value]) => JSON.stringify(line[name]) === JSON.stringify(value)),
      )
    assert.ok(has('asked', { by: { id: alice.id, name: 'alice' }, tier: 'owner', session: 'shop' }), text)
    assert.ok(has('answered', { by: 'olivia', verdict: 'approve' }), text)
    assert.ok(has('stopped', { by: 'olivia' }), text)
    assert.ok(has('grant', { tier: 'guest', by: olivia.id }), text)
    assert.doesNotMatch(text, /nobody else|"session":"hidden"/, 'what she does not see is not in it')
    assert.ok(has('grant', { tier: 'member', scope: { kind: 'thread', id: shop.id } }), text)
    assert.ok(!text.includes(hidden.id), 'nor who was given what there')
    assert.ok(!text.includes(secret))
    assert.match(reply.content, /lines are about places that you cannot see/)

    const copy = join(stage.data, '..', 'audit.jsonl')
    const said: string[] = []
    writeFileSync(copy, text)
    audit(copy, (line) => said.push(line))
    assert.match(said[0] ?? '', /^Whole: \d+ lines/)
    assert.ok(reply.content.includes(String(lines.at(-1)?.['hash'])), 'the hash that Discord says is that of the file')
    writeFileSync(copy, text.replace('"olivia"', '"nobody"'))
    assert.throws(() => audit(copy, () => undefined), /not whole: line \d+ was changed/)
    assert.throws(() => audit(join(stage.data, 'nothing'), () => undefined), /cannot be read/)
  })
})
