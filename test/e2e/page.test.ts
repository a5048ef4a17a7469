import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { textOf, type SeenPlace } from 'loopback-discord'
import { page } from '../../src/cli/page.ts'
import { asked } from './approving.ts'
import { linkFor, PageVisitor, type Asking, type Loose, type PageEars } from './page-visitor.ts'
import { Stage, until } from './stage.ts'

/** Made up here: what the scan knows by its look. */
const secret = ['ghp', 'aB3dE5gH7jK9mN2pQ4sT6vW8yZ0cF1xR5tU7'].join('_')

describe("the operator's page", { concurrency: true }, () => {
  test('shows what streams, what waits and what is asked; stops and answers as the person would', async () => {
    await using stage = await Stage.open({ env: { OMC_PER_USER_MAX_ACTIVE: '2' } })
    const olivia = await stage.sandbox.actor('olivia')
    const bot = await stage.startBot({ env: { OMC_AUDIT_CHANNEL_ID: olivia.place('work').id } })
    const { token } = stage.sandbox.bot
    const visitor = await PageVisitor.at(bot)
    const [one, two, three] = [
      await stage.session(olivia, 'one'),
      await stage.session(olivia, 'two'),
      await stage.session(olivia, 'three'),
    ]
    await olivia.says(one, `!say first ${secret} and ${token}\n!until go and then ${secret.slice(0, 12)}\n!say the end`)
    await stage.botShows(olivia, one, 'first')
    assert.equal((await visitor.enters(await linkFor(olivia))).status, 200)
    assert.equal((await visitor.asks('/page/me')).json.name, 'olivia')

    let ears = await visitor.listens()
    await ears.hears('overview', ({ sessions }) => sessions.length === 3)
    await until(() => ears.texts['one']?.includes('first') ?? false)
    const before = ears.seen
    ears[Symbol.dispose]()

    // What comes while nobody listens is told to whoever comes back with what was seen.
    stage.opens('go')
    await stage.botShows(olivia, one, 'the end')
    ears = await visitor.listens(before)
    await ears.hears('runs', ({ changes }) => changes.some((each: Loose) => each.about?.outcome === 'done'))
    assert.ok(Number(ears.seen) > Number(before))

    await olivia.says(two, '!ask Bash rm -rf build')
    await asked(olivia, two, 'rm -rf build')
    await olivia.says(three, '!until never working')
    await stage.botShows(olivia, three, '● Working')
    await olivia.says(one, 'waits for the others')
    const { asks, queue } = await ears.hears(
      'overview',
      (all) => all.asks.length === 1 && all.queue[0]?.session === 'one',
    )
    assert.equal(asks[0].body, 'rm -rf build')
    assert.deepEqual([queue[0].session, queue[0].by, queue[0].text], ['one', 'olivia', 'waits for the others'])

    const sent = (path: string, form: object) => visitor.asks(path, { body: JSON.stringify(form) })
    const answer = { token: asks[0].token, how: { kind: 'approve', lasting: false } }
    assert.deepEqual((await sent('/page/answer', answer)).json, { done: true })
    await stage.botShows(olivia, two, 'Done: rm -rf build')
    assert.match((await sent('/page/answer', answer)).json.why, /./, 'a second time it says why not')

    const running = await ears.hears('runs', ({ changes }) =>
      changes.some((each: Loose) => each.about?.session === 'three'),
    )
    const run = running.changes.find((each: Loose) => each.about?.session === 'three').id
    assert.deepEqual((await sent('/page/stop', { run })).json, { done: true })
    await stage.botShows(olivia, three, '■ Stopped by @olivia')
    assert.deepEqual((await sent('/page/stop', { run: 'nothing' })).json.done, false)
    assert.deepEqual((await sent('/page/stop', { wrong: 1 })).json, { done: false, why: 'not-understood' })

    await stage.botShows(olivia, one, 'waits for the others')
    const turns = await until(async () => {
      const found = (await visitor.asks('/page/search?words=the%20end')).json.found
      return found.length === 1 ? found : null
    })
    assert.match(turns[0].answer, /first •+/)
    assert.deepEqual(
      (await visitor.asks(`/page/search?words=${secret.slice(0, 20)}`)).json.found,
      [],
      'no search finds what is hidden',
    )
    for (const path of ['usage', 'grants', 'chains', 'transcripts'])
      assert.equal((await visitor.asks(`/page/${path}`)).status, 200, path)
    const { sessions } = (await visitor.asks('/page/transcripts')).json
    const id = sessions.find((each: Loose) => each.name === 'one').id
    const whole = await until(async () => {
      const got = await visitor.asks(`/page/transcript?session=${id}`)
      return got.json.turns.length === 2 ? got : null
    })
    for (const text of [ears.raw, whole.body])
      assert.ok(!text.includes(secret) && !text.includes(token), 'no secret leaves by the page')
    const hiding = sessions.length > 0 ? whole.json.turns[0].run : ''
    const shown = (await sent('/page/reveal', { run: hiding })).json.hidden
    assert.deepEqual(shown, [{ rule: 'GitHub token', value: secret }], 'once, and not the bot’s own')
    await olivia.sees(
      'work',
      (message) => message.author.bot && /@olivia was shown .*GitHub token/.test(message.content),
    )
    ears[Symbol.dispose]()
    assert.deepEqual((await visitor.asks('/page/leave', { body: '{}' })).json, { done: true })
    assert.equal((await visitor.asks('/page/me')).status, 401)
  })

  test('opens for owners alone, as they are now, with what they see', async () => {
    await using stage = await Stage.open({ timings: { standingEveryMs: 200 } })
    const bot = await stage.startBot()
    const [olivia, alice, bob] = [
      await stage.sandbox.actor('olivia'),
      await stage.sandbox.actor('alice'),
      await stage.sandbox.actor('bob'),
    ]
    assert.match((await (await bob.runs('general', '/page')).settled()).content, /owner/)
    const hidden = await olivia.call<SeenPlace>('POST', `/channels/${olivia.place('general').id}/threads`, {
      name: 'private',
      type: 12,
      auto_archive_duration: 1440,
    })
    const started = await (await olivia.runs(hidden, '/session start', { name: 'hidden', runtime: 'echo' })).settled()
    assert.match(textOf(started), /hidden/)
    await stage.session(olivia, 'open')
    await olivia.says(hidden, `!asks ${Array.from({ length: 51 }, (_each, at) => `Bash echo ${at}`).join(' | ')}`)
    await asked(olivia, hidden, '51')
    const shop = await stage.session(olivia, 'shop')
    await olivia.says(shop, '!ask Bash echo seen')
    await asked(olivia, shop, 'echo seen')
    for (const place of [shop, hidden])
      await (await olivia.runs(place, '/permission set', { user: bob.id, tier: 'guest', scope: 'here' })).settled()

    const visitor = await PageVisitor.at(bot)
    assert.equal((await visitor.enters(await linkFor(alice))).status, 200)
    using ears = await visitor.listens()
    const overview = await ears.hears('overview')
    assert.deepEqual(
      overview.sessions.map(({ name }: Loose) => name),
      ['open', 'shop'],
    )
    assert.equal(overview.hidden, 1)
    assert.deepEqual(
      overview.asks.map(({ body }: Loose) => body),
      ['echo seen'],
      'what she does not see takes no place in the list',
    )
    const given = (await visitor.asks('/page/grants')).json
    assert.deepEqual([given.grants.map(({ scope }: Loose) => scope.id), given.hidden], [[shop.id], 1])

    // So many pages of hers that no more is opened are in nobody else's way.
    const more: PageEars[] = []
    for (let opened = 1; opened < 16; opened++) more.push(await visitor.listens())
    assert.equal((await visitor.asks('/page/stream')).status, 503)
    const another = await PageVisitor.at(bot)
    assert.equal((await another.enters(await linkFor(olivia))).status, 200)
    const hers = await another.listens()
    for (const each of [...more, hers]) each[Symbol.dispose]()

    const run = stage.query<{ id: string }>('select id from runs')[0]?.id
    const stop: Asking = { body: JSON.stringify({ run }) }
    assert.equal((await visitor.asks('/page/stop', stop)).json.done, false, 'what she does not see does not exist')
    assert.ok(!ears.raw.includes('echo 50'))
    assert.deepEqual((await visitor.asks('/page/reveal', stop)).json, { hidden: [] })
    assert.equal((await visitor.asks('/page/first', stop)).json.done, false)

    const guild = stage.sandbox.world.guilds.get(stage.sandbox.guildId)
    const member = guild?.members.get(alice.id)
    assert.ok(member)
    member.roles = []
    assert.equal((await visitor.asks('/page/stop', stop)).status, 401, 'judged at that moment')
    assert.equal((await visitor.asks('/page/me')).status, 401)
    await until(() => ears.over, undefined, 'the end of the stream')
  })

  test('is opened from the command line, and stays open over a restart of the bot', async () => {
    await using stage = await Stage.open()
    const olivia = await stage.sandbox.actor('olivia')
    const owners = { role: null, user: olivia.id }
    const env = { OMC_OWNER_USER_ID: olivia.id }
    const bot = await stage.startBot({ env })
    const said: string[] = []
    const config = { dataFolder: stage.data, discordGuild: stage.sandbox.guildId, healthPort: 0, owners }
    const link = (as: string | null = null) => page({ config, as, say: (line) => said.push(line) })
    await link()
    const visitor = await PageVisitor.at(bot)
    assert.equal((await visitor.enters(said[0] ?? '')).status, 200)
    const bob = await stage.sandbox.actor('bob')
    await link(bob.id)
    const other = await PageVisitor.at(bot)
    assert.equal((await other.enters(said[2] ?? '')).json.why, 'nobody', 'a link makes nobody an owner')
    await bot.terminate()
    await assert.rejects(link(), /No bot runs on/)

    const next = await stage.startBot({ env })
    const again = await PageVisitor.at(next)
    // A browser sends it wherever the port is the same; here each bot takes a free one.
    again.cookie = visitor.cookie.replace(String(visitor.port), String(again.port))
    again.key = visitor.key
    assert.equal((await again.asks('/page/me')).status, 200)
    const broken = stage.sandbox.faults.add({ kind: 'rest.error', method: 'GET', path: '/members/', status: 503 })
    assert.equal(
      (await again.asks('/page/stop', { body: '{"run":"x"}' })).status,
      200,
      'whom the operator named is known without Discord',
    )
    broken.remove()
    await assert.rejects(
      page({ config: { ...config, owners: { role: null, user: null } }, as: null, say: () => {} }),
      /--as/,
    )
  })

  test('is opened from the command line by an owner by role, also where no server is named', async () => {
    await using stage = await Stage.open({ env: { DISCORD_GUILD_ID: '' } })
    const bot = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const owners = { role: stage.roleId('owner'), user: null }
    const config = { dataFolder: stage.data, discordGuild: null, healthPort: 0, owners }
    for (const [name, status] of [
      ['olivia', 200],
      ['bob', 403],
    ] as const) {
      const said: string[] = []
      const { id } = name === 'olivia' ? olivia : await stage.sandbox.actor(name)
      await page({ config, as: id, say: (line) => said.push(line) })
      const visitor = await PageVisitor.at(bot)
      await visitor.enters(said[0] ?? '')
      const { status: seen, json } = await visitor.asks('/page/me')
      assert.equal(seen === 200 ? 200 : 403, status, `${name}: ${seen} ${JSON.stringify(json)}`)
      assert.notEqual(json?.why, 'unknown')
    }
  })

  test('refuses every attack', async () => {
    await using stage = await Stage.open()
    const bot = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const visitor = await PageVisitor.at(bot)
    const { port } = visitor
    const link = await linkFor(olivia)
    const shell = await visitor.asks('/')
    assert.match(String(shell.headers['content-security-policy']), /default-src 'none'; script-src 'self'/)
    assert.equal(shell.headers['x-frame-options'], 'DENY')
    assert.equal(shell.headers['cache-control'], 'no-store')
    assert.doesNotMatch(shell.body, /https?:/, 'nothing is loaded from elsewhere')

    // A link is not used up by who is refused.
    const foreign: readonly Asking[] = [
      { headers: { origin: 'http://127.0.0.1:1' } },
      { headers: { origin: 'http://evil.example' } },
      { headers: { origin: 'null' } },
      { headers: { origin: undefined } },
      { headers: { 'sec-fetch-site': 'cross-site' } },
      { headers: { 'sec-fetch-site': 'same-site' } },
      { headers: { 'content-type': 'text/plain' } },
      { headers: { host: 'evil.example' } },
      { headers: { host: `evil.example:${port}`, origin: `http://evil.example:${port}` } },
    ]
    for (const asking of foreign) assert.equal((await visitor.enters(link, asking)).status, 403, JSON.stringify(asking))
    for (const wrong of ['', 'x'.repeat(43), '../visits/x', `${link.slice(-43, -1)}!`])
      assert.equal((await visitor.enters(`#enter=${wrong}`)).status, 403, wrong)
    assert.equal((await visitor.enters(link)).status, 200)
    const { cookie, key } = visitor
    assert.equal((await new PageVisitor(port).enters(link)).status, 403, 'used twice')
    assert.match(cookie, new RegExp(`^omc-page-${port}=`))

    const paths = [
      'me',
      'usage',
      'grants',
      'chains',
      'transcripts',
      'transcript?session=x',
      'search?words=xx',
      'stream',
    ]
    const without: readonly Asking[] = [
      { headers: { cookie: undefined } },
      { headers: { 'x-page-key': undefined } },
      { headers: { 'x-page-key': 'x'.repeat(43) } },
      { headers: { cookie: `omc-page-${port}=${key}`, 'x-page-key': cookie.split('=')[1] } },
    ]
    for (const path of paths)
      for (const asking of without)
        assert.equal((await visitor.asks(`/page/${path}`, asking)).status, 401, `${path} ${JSON.stringify(asking)}`)
    for (const path of paths)
      for (const headers of [
        { host: 'evil.example' },
        { 'sec-fetch-site': 'same-site' },
        { origin: 'http://127.0.0.1:1' },
      ])
        assert.equal(
          (await visitor.asks(`/page/${path}`, { headers })).status,
          403,
          `${path} ${JSON.stringify(headers)}`,
        )
    for (const path of ['stop', 'first', 'answer', 'reveal', 'leave'])
      for (const { headers } of foreign)
        assert.equal(
          (await visitor.asks(`/page/${path}`, { body: '{}', headers: headers ?? {} })).status,
          403,
          `${path} ${JSON.stringify(headers)}`,
        )

    const names = [
      '../page.ts',
      '..%2fpage.ts',
      '%2e%2e%2f%2e%2e%2fpage.ts',
      '....//app.js',
      'tsconfig.json',
      'preact.d.ts',
      '__proto__',
      'constructor',
      'toString',
      'app.js%00',
      '%2fetc%2fpasswd',
    ]
    for (const name of names) assert.equal((await visitor.asks(`/page/files/${name}`)).status, 404, name)
    assert.equal((await visitor.asks('/page/files/app.js')).status, 200)
    assert.equal((await visitor.asks('/page/stop', { body: `{"run":"${'x'.repeat(20_000)}"}` })).status, 413)
    assert.equal((await visitor.asks('/page/stop', { method: 'GET' })).status, 404)
    assert.equal((await visitor.asks('/page/me')).status, 200, 'and it is still open for whom it was opened')
  })
})
