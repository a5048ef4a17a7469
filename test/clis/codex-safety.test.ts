import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codexKind } from '../../src/runtimes/codex/codex.ts'
import { dataIdOf, findMarked, markVariables } from '../../src/runtimes/engine/marker.ts'
import { Listener, makeSession, makeTurn, until } from '../contracts/runtime-bench.ts'
import { scripted } from '../models/script.ts'
import type { CodexBench } from './codex-bench.ts'
import { asked, CodexRoom, command, leave, troubleOf, wanted } from './codex-room.ts'
import { codexBinary, howToInstallCodex } from './install.ts'
import { scenes } from './scenes.ts'

const binary = codexBinary()

scenes(
  'nobody gets more than they were given by the real Codex CLI',
  { skip: binary === null && howToInstallCodex },
  (scene) => {
    let room: CodexRoom
    let bench: CodexBench

    scene.before(async () => {
      room = await CodexRoom.open(binary ?? '')
      ;({ bench } = room)
      // Denied, and there or not: the bot's own files come and go.
      writeFileSync(join(bench.workdir, '.env.bot'), 'planted-bot-secret')
    })
    scene.after(() => room[Symbol.asyncDispose]())

    scene.test('a repository that nobody trusts: its notes are read, nothing of it runs', async () => {
      const proof = join(bench.workdir, 'proof')
      mkdirSync(join(bench.workdir, '.git'))
      mkdirSync(join(bench.workdir, '.codex'))
      const server = `[mcp_servers.planted]\ncommand = "touch"\nargs = [${JSON.stringify(proof)}]\n`
      writeFileSync(join(bench.workdir, '.codex', 'config.toml'), server)
      writeFileSync(join(bench.workdir, 'AGENTS.md'), 'Use tabs, says the repository.')
      const first = room.begin(scripted([command('echo written > made-by-the-agent'), { text: 'done' }]))
      await first.done
      assert.equal(first.text, 'done')
      assert.ok(existsSync(join(bench.workdir, 'made-by-the-agent')), 'it may write in its folder, unasked')
      await room.runtime.release(room.session.id)
      const second = room.begin(bench.words.say('resumed'), {
        session: { ...room.session, conversation: first.conversation },
      })
      await second.done
      assert.equal(second.text, 'resumed')
      assert.ok(!existsSync(proof), 'its server was not started')
      assert.ok(!readFileSync(join(bench.home, 'config.toml'), 'utf8').includes('trust'), 'nor was it trusted')
      assert.ok(bench.received().includes('Use tabs, says the repository.'))
    })

    scene.test('a repository that an owner trusts: what it brings runs; in another folder it has no say', async () => {
      const [proof, other] = [join(bench.workdir, 'proof'), join(bench.workdir, '..', 'other')]
      for (const folder of [join(bench.workdir, '.git'), join(bench.workdir, '.codex'), other]) mkdirSync(folder)
      const server = `[mcp_servers.planted]\ncommand = "touch"\nargs = [${JSON.stringify(proof)}]\n`
      writeFileSync(join(bench.workdir, '.codex', 'config.toml'), server)
      const trusted = { ...room.session, trusted: true }
      const first = room.begin(bench.words.say('trusted'), { session: trusted })
      await first.done
      await until('its server was started', () => existsSync(proof))
      assert.ok(!readFileSync(join(bench.home, 'config.toml'), 'utf8').includes('trust'), 'for this session only')
      const moved = { ...trusted, conversation: first.conversation, workdir: other }
      const cmd = `pwd; touch here; touch ${join(bench.workdir, 'there')}`
      const second = room.begin(scripted([command(cmd), { text: 'moved' }]), { session: moved })
      await second.done
      assert.equal(second.pid, first.pid)
      assert.ok(existsSync(join(other, 'here')), 'it works where the session has moved to')
      assert.ok(!existsSync(join(bench.workdir, 'there')), 'and no longer where it was')
    })

    scene.test(
      'the login, the spools and the environment are closed to its tools, also to one that was approved',
      async () => {
        writeFileSync(join(bench.home, 'planted.json'), '{"planted":"login-secret"}')
        const spools = join(bench.options.dataDir, 'spools')
        const tries = [
          `cat ${join(bench.home, 'planted.json')}`,
          `cat ${join(bench.workdir, '.env.bot')}`,
          `cat ${spools}/*/process.json`,
          `sh -c 'echo forged > "$(ls -d ${spools}/codex*/stdin)"'`,
          'env',
          'echo forged > /proc/$PPID/fd/0',
        ]
        const all = `${tries.map((each) => `${each} 2>&1`).join('; ')}; true`
        const listener = room.begin(
          scripted([command(all), command(`${all}; exit 0`, leave), { text: 'tried it all' }]),
        )
        await listener.conduct.answer((await asked(listener)).id, { verdict: 'approve' })
        await listener.done
        assert.equal(listener.text, 'tried it all')
        const sent = bench.received()
        assert.ok(sent.includes('OMC_SPOOL='), 'the environment was printed')
        for (const secret of ['login-secret', 'planted-bot-secret', 'dummy-key', '\\"generation\\"'])
          assert.ok(!sent.includes(secret), secret)
        const [server = ''] = readdirSync(spools).filter((name) => name.startsWith('codex.'))
        assert.ok(
          !readFileSync(join(spools, server, 'stderr'), 'utf8').includes('expected ident'),
          'nothing was forged',
        )
      },
    )

    scene.test('a write outside its folder is not possible unasked', async () => {
      const outside = join(bench.options.dataDir, 'outside')
      const listener = room.begin(scripted([command(`touch ${outside}; echo tried`), { text: 'went on' }]))
      await listener.done
      assert.equal(listener.text, 'went on')
      assert.ok(!existsSync(outside))
      assert.deepEqual(wanted(listener), [])
    })

    scene.test('stopping one session ends what it had started, and leaves the other alone', async () => {
      const other = makeSession('codex', bench.workdir)
      const going = room.begin(bench.words.held('one two three', ' four five'), { session: other })
      const stopped = room.begin(
        scripted([command('sleep 300', { yield_time_ms: 250 }), { text: 'never', hang: true }]),
      )
      await stopped.seesEventually('its command runs', () => stopped.events.some(({ type }) => type === 'acted'))
      const data = dataIdOf(join(bench.options.dataDir, 'spools'))
      const own = async () => (await findMarked(data)).filter((each) => each.session === room.session.id).length
      await until('its command is there', async () => (await own()) > 0)
      await stopped.conduct.stop()
      await stopped.done
      const last = stopped.last[0]
      assert.ok(last?.type === 'finished' && last.outcome.kind === 'stopped')
      await until('its command is gone', async () => (await own()) === 0)
      bench.release()
      await going.done
      assert.equal(going.text, 'one two three four five')
      assert.equal(going.pid, stopped.pid)
    })

    scene.test('stopping a session ends what its tools have put aside, of which the server knows nothing', async () => {
      const stopped = room.begin(bench.words.held('word', ' after word'))
      await stopped.saysEventually('word')
      const data = dataIdOf(join(bench.options.dataDir, 'spools'))
      const { id } = room.session
      const mark = markVariables({ data, runtime: codexKind.name, session: id })
      const aside = spawn('sleep', ['300'], { stdio: 'ignore', env: { PATH: '/usr/bin:/bin', ...mark } })
      const ended = once(aside, 'exit')
      const own = async () => (await findMarked(data)).filter((each) => each.session === id).length
      await until('it is there', async () => (await own()) === 1)
      await stopped.conduct.stop()
      await stopped.done
      assert.equal(await own(), 0)
      await ended
      const next = room.begin(bench.words.say('the server goes on'), {
        session: { ...room.session, conversation: stopped.conversation },
      })
      await next.done
      assert.deepEqual([next.text, next.pid], ['the server goes on', stopped.pid])
    })

    scene.test('a sweep ends the turn of a session nobody wants any more', async () => {
      const unwanted = makeTurn(room.session, bench.words.held('a very long', ' story'))
      const kept = makeTurn(makeSession('codex', bench.workdir), bench.words.held('one two', ' three four'))
      const lives = [unwanted, kept].map((turn) => new Listener(room.runtime.begin(turn), turn))
      for (const life of lives) await life.seesEventually('it says something', () => life.text.length > 0)
      await room.runtime.close('leave')
      room.runtime = room.make()
      await room.runtime.sweep(new Set([kept.session.id]))
      await bench.model.waitFor(({ prompt, state }) => prompt.includes('very long') && state === 'aborted')
      const conduct = await room.runtime.adopt(kept, lives[1]?.pieces.at(-1)?.cursor ?? null)
      const listener = new Listener(conduct as NonNullable<typeof conduct>, kept, lives[1]?.pieces)
      bench.release()
      await listener.done
      assert.equal(listener.text, 'one two three four')
    })

    scene.test('troubles of the model are told by their kind', async () => {
      const refused = room.begin(scripted([{ error: { status: 401, message: 'invalid key' } }]))
      await refused.done
      assert.equal(troubleOf(refused).code, 'auth-failed')
      const limited = room.begin(scripted([{ error: { status: 429, type: 'usage_limit_reached' } }]))
      await limited.done
      assert.equal(troubleOf(limited).code, 'quota-full')
      const broken = room.begin(
        scripted([{ text: 'abc', midError: { type: 'context_length_exceeded', message: 'long' } }]),
      )
      await broken.done
      assert.equal(troubleOf(broken).code, 'context-full')
      const next = room.begin(bench.words.say('here again'))
      await next.done
      assert.equal(next.text, 'here again')
    })

    scene.test('what a turn cost is told without the turns before it', async () => {
      const usages = []
      for (const text of ['one', 'two']) {
        const listener = room.begin(bench.words.say(text))
        await listener.done
        const last = listener.last[0]
        usages.push(last?.type === 'finished' && last.outcome.usage)
      }
      const each = { inputTokens: 100, outputTokens: 20, costUsd: null }
      assert.deepEqual(usages, [each, each])
    })

    scene.test(
      'what a conversation was opened with holds for the next process too, and a wrong name of one opens none',
      async () => {
        const first = room.begin(bench.words.say('one'))
        await first.done
        await room.runtime.close('end')
        room.runtime = room.make()
        const session = { ...room.session, conversation: first.conversation }
        const second = room.begin(scripted([command('env; touch in-its-folder'), { text: 'two' }]), { session })
        await second.done
        assert.equal(second.text, 'two')
        assert.ok(existsSync(join(bench.workdir, 'in-its-folder')))
        const sent = JSON.stringify(bench.model.requests.at(-1)?.body)
        assert.ok(sent.includes(`OMC_SPOOL=${room.session.id}`), 'its tools can be found by their marker')
        assert.ok(!sent.includes('dummy-key'), 'and get nothing of the environment but the core')
        const asked = bench.model.requests.length
        const wrong = { ...room.session, conversation: { id: 'no-uuid', transcript: null } }
        const third = room.begin(bench.words.say('never'), { session: wrong })
        await third.done
        assert.equal(troubleOf(third).code, 'conversation-gone')
        assert.equal(bench.model.requests.length, asked, 'no other conversation was begun in its place')
      },
    )

    scene.test('where tools cannot be shut in, nothing is begun, and the check says why', async () => {
      const real = join(bench.home, '..', 'codex-without-sandbox')
      const failing = 'echo "bwrap: Creating new namespace failed: Operation not permitted" >&2; exit 1'
      writeFileSync(real, `#!/bin/sh\n[ "$1" = sandbox ] && { ${failing}; }\nexec "${binary}" "$@"\n`, { mode: 0o755 })
      await room.runtime.close('end')
      room.runtime = room.make({ binary: real })
      const found = await room.runtime.check()
      const [fault] = found.filter(({ level }) => level === 'error')
      assert.match(
        fault?.text ?? '',
        /cannot shut its tools in here.*Creating new namespace failed.*Allow user namespaces/,
      )
      const listener = room.begin(bench.words.say('never'))
      await listener.done
      const trouble = troubleOf(listener)
      assert.equal(trouble.code, 'start-failed')
      assert.match('detail' in trouble ? trouble.detail : '', /cannot shut its tools in here/)
      assert.equal(bench.model.requests.length, 0)
    })

    scene.test('a model that says nothing more is given up, and the next turn is answered', async () => {
      await room.runtime.close('end')
      // Long enough for the CLI of the next turn to come up where a machine is busy.
      room.runtime = room.make({ limits: { silenceMs: 15_000 } })
      const silent = room.begin(scripted([{ text: 'one two three', chunks: 3, hang: 1 }]))
      await silent.done
      assert.deepEqual(troubleOf(silent), { code: 'silent', seconds: 15 })
      const next = room.begin(bench.words.say('here again'), {
        session: { ...room.session, conversation: silent.conversation },
      })
      await next.done
      assert.equal(next.text, 'here again')
    })

    scene.test('what check says of it', async () => {
      assert.equal((await room.runtime.models())[0], 'gpt-6.1-sol')
      const found = await room.runtime.check()
      assert.deepEqual([found[0]?.level, found[0]?.text], ['ok', 'Codex CLI 0.169.0'])
      assert.equal(found[1]?.level, 'ok', found[1]?.text)
      const missing = room.make({ binary: '/nowhere/codex' })
      assert.equal((await missing.check())[0]?.level, 'error')
      await missing.close('end')
    })
  },
)
