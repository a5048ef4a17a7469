import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import type { CheckpointName } from '../../src/core/checkpoint.ts'
import type { Runtime, Turn } from '../../src/core/runtime.ts'
import type { Session } from '../../src/core/session.ts'
import { dataIdOf, endMarked, findMarked } from '../../src/runtimes/marker.ts'
import { startTimeOf } from '../../src/system/process.ts'
import { firstLife, Listener, makeSession, makeTurn, until, wanted } from './runtime-bench.ts'
import { makeRuntime } from './runtime-life.ts'
import { askingContract } from './runtime-asking.ts'
import { givingContract } from './runtime-giving.ts'
import { rightsContract } from './runtime-rights.ts'
import type { RuntimeBench } from './runtime-stage.ts'
import { steeringContract } from './runtime-steering.ts'

export type { RuntimeBench } from './runtime-stage.ts'

/** What every runtime owes; `make` may look at nothing but the test's own folders. */
export function runtimeContract(name: string, make: () => Promise<RuntimeBench>): void {
  describe(`${name} keeps the runtime contract`, () => {
    let bench: RuntimeBench
    let runtime: Runtime
    let session: Session

    beforeEach(async () => {
      bench = await make()
      runtime = makeRuntime(bench.options)
      session = makeSession(name, bench.workdir)
    })

    afterEach(async () => {
      await runtime.close('end')
      const left = await marked()
      // Also what a test that failed half-way has left.
      await endMarked(dataIdOf(join(bench.options.dataDir, 'spools')), () => true, 0)
      await bench[Symbol.asyncDispose]()
      assert.deepEqual(left, [], 'no process is left behind')
    })

    const marked = async (): Promise<readonly number[]> =>
      (await findMarked(dataIdOf(join(bench.options.dataDir, 'spools')))).map(({ pid }) => pid)
    /** A process that is dying shows no environment any more, but still counts as one for a moment. */
    const killMarked = async (): Promise<void> => {
      const pids = await marked()
      for (const pid of pids) process.kill(pid, 'SIGKILL')
      const left = async (): Promise<boolean> =>
        (await Promise.all(pids.map(startTimeOf))).some((each) => each !== null)
      await until('the processes are gone', async () => !(await left()) && (await marked()).length === 0)
    }
    const begin = (turn: Turn): Listener => new Listener(runtime.begin(turn), turn)
    const adopt = async (turn: Turn, before: Awaited<ReturnType<typeof firstLife>>): Promise<Listener> => {
      const conduct = await runtime.adopt(turn, before.at(-1)?.cursor ?? null)
      assert.notEqual(conduct, null, 'there is something to adopt')
      return new Listener(conduct as NonNullable<typeof conduct>, turn, before)
    }
    /** The same session, after the turn told which conversation it is in. */
    const after = (listener: Listener): Session => ({ ...session, conversation: listener.conversation })
    const outcome = (listener: Listener): string => {
      assert.equal(listener.last.length, 1, `exactly one last event: ${JSON.stringify(listener.events)}`)
      assert.equal(listener.events.at(-1), listener.last[0], 'and nothing after it')
      const last = listener.last[0]
      return last?.type === 'finished' ? last.outcome.kind : 'lost'
    }

    test('answers a first prompt and a second one without a new process', async () => {
      const first = begin(makeTurn(session, bench.words.say('one')))
      await first.done
      assert.equal(outcome(first), 'done')
      assert.equal(first.text, 'one')
      assert.equal(first.events[0]?.type, 'started')
      assert.equal(first.warm, false)
      assert.deepEqual(
        runtime.processes().map(({ pid, busy }) => ({ pid, busy })),
        [{ pid: first.pid, busy: false }],
      )
      const second = begin(makeTurn(after(first), bench.words.say('two')))
      await second.done
      assert.equal(outcome(second), 'done')
      assert.equal(second.text, 'two')
      assert.deepEqual([second.pid, second.warm], [first.pid, true])
      assert.equal(second.conversation?.id, first.conversation?.id)
    })

    test('streams: the text grows, and ends whole', async () => {
      const words = 'the quick brown fox jumps over the lazy dog'
      const listener = begin(makeTurn(session, bench.words.slow(words, 1)))
      await listener.saysEventually('the quick')
      assert.ok(listener.text.length < words.length, 'it is shown before it is complete')
      await listener.done
      assert.equal(listener.text, words)
      assert.ok(listener.view.blocks.every(({ whole }) => whole))
      assert.ok(listener.pieces.length > 3, 'in more than a few pieces')
    })

    test('tells of a tool, begun and done', async () => {
      const listener = begin(makeTurn(session, bench.words.tool('after the tool')))
      await listener.done
      assert.equal(outcome(listener), 'done')
      const phases = listener.events.flatMap((event) => (event.type === 'acted' ? [event.phase] : []))
      assert.deepEqual(phases, ['begun', 'done'])
      assert.equal(listener.text, 'after the tool')
    })

    test('a denied permission: nothing runs, and the agent hears why', async () => {
      const file = join(bench.workdir, 'made-by-the-agent')
      const listener = begin(makeTurn(session, bench.words.ask(`touch ${file}`)))
      const approval = await wanted(listener)
      assert.ok(approval.input.includes(file), 'the whole input is shown')
      await listener.conduct.answer(approval.id, { verdict: 'deny', reason: 'alice says: not on a Friday' })
      await listener.done
      assert.equal(outcome(listener), 'done')
      assert.equal(statSync(file, { throwIfNoEntry: false }), undefined)
      assert.ok(listener.text.includes('not on a Friday'), listener.text)
      assert.ok(listener.events.some((event) => event.type === 'acted' && event.phase === 'failed'))
    })

    test('an approved permission runs; a second answer is ignored', async () => {
      const listener = begin(makeTurn(session, bench.words.ask('echo approved-and-run')))
      const approval = await wanted(listener)
      await listener.conduct.answer(approval.id, { verdict: 'approve' })
      await listener.conduct.answer(approval.id, { verdict: 'deny', reason: 'too late' })
      await listener.done
      assert.equal(outcome(listener), 'done')
      assert.ok(listener.text.includes('approved-and-run'), listener.text)
      assert.ok(listener.events.some((event) => event.type === 'acted' && event.phase === 'done'))
    })

    test('stops within a second while it streams, and takes the next prompt', async () => {
      const listener = begin(makeTurn(session, bench.words.slow('a very long story that nobody will hear', 9)))
      await listener.saysEventually('a very')
      const before = Date.now()
      await listener.conduct.stop()
      await listener.done
      assert.ok(Date.now() - before < 1000, `took ${Date.now() - before} ms`)
      assert.equal(outcome(listener), 'stopped')
      const next = begin(makeTurn(after(listener), bench.words.say('here again')))
      await next.done
      assert.equal(next.text, 'here again')
      assert.equal(next.pid, listener.pid, 'the process was kept')
    })

    test('stops while a permission stands open', async () => {
      const listener = begin(makeTurn(session, bench.words.ask('touch never')))
      await wanted(listener)
      await listener.conduct.stop()
      await listener.done
      assert.equal(outcome(listener), 'stopped')
    })

    test('stops a prompt that was only just handed over', async () => {
      const listener = begin(makeTurn(session, bench.words.slow('never to be heard', 30)))
      await listener.conduct.stop()
      await listener.done
      assert.equal(outcome(listener), 'stopped')
    })

    test('stops a prompt that a new process has not taken up yet', async () => {
      const listener = begin(makeTurn(session, bench.words.slow('never to be heard', 30)))
      await until('a process is there', () => runtime.processes().length === 1)
      await listener.conduct.stop()
      await listener.done
      assert.equal(outcome(listener), 'stopped')
      const next = begin(makeTurn(session, bench.words.say('the next one')))
      await next.done
      assert.equal(next.text, 'the next one')
    })

    test('stops a CLI that hangs, and leaves no process', async () => {
      const listener = begin(makeTurn(session, bench.words.slow('a very long story', 30)))
      await listener.saysEventually('a')
      process.kill(listener.pid, 'SIGSTOP')
      await listener.conduct.stop()
      await listener.done
      assert.equal(outcome(listener), 'stopped')
      assert.deepEqual(await marked(), [])
    })

    test('a process killed from outside: one last event, and nothing it started is left', async () => {
      const first = begin(makeTurn(session, bench.words.daemon(60, 'started')))
      await first.seesEventually('it is allowed or over', () => first.text.includes('started') || asks(first))
      if (asks(first)) await first.conduct.answer((await wanted(first)).id, { verdict: 'approve' })
      await first.done
      assert.ok((await marked()).length >= 2, 'the agent and its daemon, in a sandbox with what shuts it in')
      const listener = begin(makeTurn(after(first), bench.words.slow('a very long story', 30)))
      await listener.saysEventually('a')
      process.kill(listener.pid, 'SIGKILL')
      await listener.done
      assert.equal(outcome(listener), 'lost')
      assert.deepEqual(await marked(), [])
      const again = { ...makeTurn(after(first), bench.words.say('second attempt')), attempt: 2 }
      const retry = begin(again)
      await retry.done
      assert.equal(retry.text, 'second attempt')
    })

    test('a first turn that was killed at once is answered by the second attempt', async () => {
      const turn = makeTurn(session, bench.words.slow('said at last', 2))
      const listener = begin(turn)
      await listener.seesEventually('it has started', () => listener.events.length > 0)
      process.kill(listener.pid, 'SIGKILL')
      await listener.done
      assert.equal(outcome(listener), 'lost')
      const retry = begin({ ...turn, attempt: 2, session: after(listener) })
      await retry.done
      assert.equal(outcome(retry), 'done')
      assert.equal(retry.text, 'said at last')
      assert.equal(retry.conversation?.id, listener.conversation?.id)
    })

    test('an idle process that was killed from outside is replaced', async () => {
      const first = begin(makeTurn(session, bench.words.say('remember this')))
      await first.done
      await until('the CLI has written it down', () => isWrittenDown(first))
      process.kill(first.pid, 'SIGKILL')
      await until('it is gone', () => runtime.processes().length === 0)
      const second = begin(makeTurn(after(first), bench.words.say('here again')))
      await second.done
      assert.deepEqual([second.text, second.warm], ['here again', false])
      assert.equal(second.conversation?.id, first.conversation?.id)
    })

    for (const at of ['spawned', 'handed-over'] satisfies CheckpointName[]) {
      test(`adopts after a death of the bot at "${at}": the same process, asked once`, async () => {
        const turn = makeTurn(session, bench.words.slow(`text of ${at}`, 1))
        const before = await firstLife({ options: bench.options, turn, die: { at } })
        assert.deepEqual(before, [], 'nothing had been reported')
        const [pid] = await marked()
        const listener = await adopt(turn, before)
        await listener.done
        assert.equal(outcome(listener), 'done')
        assert.equal(listener.events[0]?.type, 'started')
        assert.equal(listener.pid, pid)
        assert.equal(listener.text, `text of ${at}`)
        assert.equal(bench.asked(`text of ${at}`), 1)
      })
    }

    test('adopts in the middle of the text: complete, and nothing twice', async () => {
      const words = 'one two three four five six seven eight nine ten'
      const turn = makeTurn(session, bench.words.slow(words, 3))
      const before = await firstLife({ options: bench.options, turn, die: { text: 'two' } })
      const listener = await adopt(turn, before)
      await listener.done
      assert.equal(outcome(listener), 'done')
      assert.equal(listener.text, words)
      const pieces = listener.events.flatMap((event) => (event.type === 'said' && !event.whole ? [event.text] : []))
      assert.equal(pieces.join(''), words, 'the pieces of both lives make the text')
      assert.equal(bench.asked(words), 1)
      const next = begin(makeTurn(after(listener), bench.words.say('still warm')))
      await next.done
      assert.deepEqual([next.text, next.pid], ['still warm', listener.pid])
    })

    test('whenever the bot dies: the answer is complete, or the turn can be begun anew', async () => {
      const words = 'one two three four five six seven eight'
      for (const afterMs of [1, 2, 3].map((part) => Math.round((part + Math.random()) * 150))) {
        const at = makeSession(name, bench.workdir)
        const turn = makeTurn(at, bench.words.slow(words, 1))
        const before = await firstLife({ options: bench.options, turn, die: { afterMs } })
        const conduct = await runtime.adopt(turn, before.at(-1)?.cursor ?? null)
        // Nothing to adopt: it had not been handed over, or the process was not there yet.
        const listener = conduct === null ? begin({ ...turn, attempt: 2 }) : new Listener(conduct, turn, before)
        await listener.done
        assert.equal(outcome(listener), 'done', `killed after ${afterMs} ms`)
        assert.equal(listener.text, words, `killed after ${afterMs} ms`)
        if (conduct === null) assert.deepEqual(before, [])
        await runtime.release(at.id)
      }
    })

    test('hands a prompt over to a process that an earlier life left idle', async () => {
      const words = 'the turn before'
      const turn = makeTurn(session, bench.words.slow(words, 0.5))
      await firstLife({ options: bench.options, turn, die: { text: 'the' } })
      const [pid] = await marked()
      await until('the turn before is over', () => isOver(session))
      const listener = await adopt(makeTurn(session, bench.words.say('the turn after')), [])
      await listener.done
      assert.equal(outcome(listener), 'done')
      assert.deepEqual([listener.text, listener.pid, listener.warm], ['the turn after', pid, true])
    })

    test('adopts an open permission: its old answer still counts', async () => {
      const turn = makeTurn(session, bench.words.ask('echo approved-in-the-second-life'))
      const before = await firstLife({ options: bench.options, turn, die: { on: 'wanted' } })
      const listener = await adopt(turn, before)
      const approval = await wanted(listener)
      await listener.conduct.answer(approval.id, { verdict: 'approve' })
      await listener.done
      assert.equal(outcome(listener), 'done')
      assert.ok(listener.text.includes('approved-in-the-second-life'), listener.text)
    })

    test('adopts what a process had finished before it died', async () => {
      const words = 'all said before anybody came back'
      const turn = makeTurn(session, bench.words.slow(words, 1))
      const before = await firstLife({ options: bench.options, turn, die: { text: 'all' } })
      await until('the answer is complete in the spool', () => isOver(session))
      await killMarked()
      const listener = await adopt(turn, before)
      await listener.done
      assert.equal(outcome(listener), 'done')
      assert.equal(listener.text, words)
      assert.equal(bench.asked(words), 1)
    })

    test('has nothing to adopt when the process died in the middle', async () => {
      const turn = makeTurn(session, bench.words.slow('never to be completed', 30))
      const before = await firstLife({ options: bench.options, turn, die: { text: 'never' } })
      await killMarked()
      assert.equal(await runtime.adopt(turn, before.at(-1)?.cursor ?? null), null)
    })

    test('closing leaves an agent at work for the next life to adopt', async () => {
      const words = 'one two three four five six seven eight'
      const turn = makeTurn(session, bench.words.slow(words, 2))
      const before = await firstLife({ options: bench.options, turn, die: { leaveAt: 'two' } })
      assert.ok(!before.some(({ events }) => events.some(({ type }) => type === 'finished' || type === 'lost')))
      const listener = await adopt(turn, before)
      await listener.done
      assert.equal(outcome(listener), 'done')
      assert.equal(listener.text, words)
    })

    test('sweeps what nobody wants any more, and keeps what somebody does', async () => {
      const other = makeSession(name, bench.workdir)
      const turns = [session, other].map((each) => makeTurn(each, bench.words.slow('word after word', 20)))
      const lives = []
      for (const turn of turns) lives.push(await firstLife({ options: bench.options, turn, die: { text: 'word' } }))
      const before = await marked()
      // A CLI in a sandbox has helpers beside it; where they share a process, it stays.
      const data = dataIdOf(join(bench.options.dataDir, 'spools'))
      const ended = (await findMarked(data)).filter((each) => each.session === other.id).length
      assert.equal(ended > 0, !bench.sharesProcess)
      assert.equal(await runtime.sweep(new Set([session.id])), ended)
      assert.equal((await marked()).length, before.length - ended)
      const listener = await adopt(turns[0] as Turn, lives[0] ?? [])
      await listener.conduct.stop()
      await listener.done
      assert.equal(outcome(listener), 'stopped')
    })

    test('releases an idle process and resumes its conversation in a new one', async () => {
      const first = begin(makeTurn(session, bench.words.say('remember this')))
      await first.done
      await runtime.release(session.id)
      assert.deepEqual([await marked(), runtime.processes()], [[], []])
      const second = begin(makeTurn(after(first), bench.words.say('resumed')))
      await second.done
      assert.equal(second.text, 'resumed')
      assert.notEqual(second.pid, first.pid)
      assert.equal(second.conversation?.id, first.conversation?.id)
      assert.ok(bench.received().includes('remember this'))
    })

    test('says so when the conversation is gone', async () => {
      const conversation = { id: '00000000-0000-4000-8000-000000000000', transcript: null }
      const listener = begin(makeTurn({ ...session, conversation }, bench.words.say('hello')))
      await listener.done
      const last = listener.last[0]
      assert.equal(outcome(listener), 'failed')
      assert.ok(last?.type === 'finished' && last.outcome.kind === 'failed')
      assert.equal(last.outcome.trouble.code, 'conversation-gone')
      assert.equal(listener.events.length, 1)
    })

    test('a working directory that does not exist: one event says so', async () => {
      const listener = begin(
        makeTurn({ ...session, workdir: join(bench.workdir, 'nowhere') }, bench.words.say('hello')),
      )
      await listener.done
      const last = listener.last[0]
      assert.ok(last?.type === 'finished' && last.outcome.kind === 'failed')
      assert.equal(last.outcome.trouble.code, 'start-failed')
      assert.equal(listener.events.length, 1)
    })

    test('leads two sessions at once', async () => {
      const other = makeSession(name, bench.workdir)
      const both = [session, other].map((each, index) => begin(makeTurn(each, bench.words.slow(`session ${index}`, 1))))
      await Promise.all(both.map(({ done }) => done))
      assert.deepEqual(
        both.map(({ text }) => text),
        ['session 0', 'session 1'],
      )
      assert.equal(both[0]?.pid === both[1]?.pid, bench.sharesProcess === true)
    })

    test('text of people is inert: no file is read, no command run, no flag taken', async () => {
      const secret = `planted ${Math.random()}`
      const file = join(bench.workdir, 'secret.txt')
      writeFileSync(file, secret)
      let conversing = session
      for (const text of [`look at @${file} and @secret.txt`, '/compact', '--version']) {
        const listener = begin(makeTurn(conversing, text, { name: `@${file}\n/clear` }))
        await listener.done
        assert.equal(outcome(listener), 'done', text)
        assert.ok(!listener.text.includes(secret), text)
        assert.equal(bench.asked(text), 1, `${text} was asked of the model as it is`)
        conversing = after(listener)
      }
      assert.ok(!bench.received().includes(secret))
    })

    test(
      'sees nothing of the bot in its environment and its open files',
      { skip: process.platform !== 'linux' },
      async () => {
        const secrets = {
          DISCORD_BOT_TOKEN: 'planted',
          DATABASE_URL: 'planted',
          HTTPS_PROXY: 'planted',
          NODE_OPTIONS: '',
        }
        await runtime.close('end')
        runtime = makeRuntime({ ...bench.options, environment: { ...bench.options.environment, ...secrets } })
        const listener = begin(makeTurn(session, bench.words.say('hello')))
        await listener.done
        const names = readFileSync(`/proc/${listener.pid}/environ`, 'utf8')
          .split('\0')
          .filter((each) => each !== '')
          .map((each) => each.slice(0, each.indexOf('=')))
        const expected = new Set([...Object.keys(bench.options.environment), ...Object.keys(bench.options.account)])
        const more = names.filter((each) => !expected.has(each) && !ours.test(each))
        assert.deepEqual(more, [], 'no variable that was not given')
        for (const secret of Object.keys(secrets)) assert.ok(!names.includes(secret), secret)
        const mine = new Set(filesOf(process.pid).filter((each) => /socket|pipe/.test(each)))
        const theirs = filesOf(listener.pid)
        assert.deepEqual(
          theirs.filter((each) => mine.has(each)),
          [],
          'no descriptor of ours',
        )
        const spool = dirname(theirs[0] ?? '')
        assert.equal(dirname(spool), join(bench.options.dataDir, 'spools'))
        if (!bench.sharesProcess) assert.equal(basename(spool), session.id)
        assert.deepEqual(
          theirs.slice(0, 3),
          ['stdin', 'stdout', 'stderr'].map((each) => join(spool, each)),
        )
      },
    )

    const stage = {
      get bench() {
        return bench
      },
      get runtime() {
        return runtime
      },
      get session() {
        return session
      },
      begin,
      adopt,
      after,
      outcome,
      isOver,
    }
    askingContract(stage)
    givingContract(stage)
    rightsContract(stage)
    steeringContract(stage)

    /** Whether the transcript holds the answered turn: a CLI may write it a moment after it has answered. */
    function isWrittenDown({ conversation }: Listener): boolean {
      const transcript = conversation?.transcript ?? ''
      return existsSync(transcript) && readFileSync(transcript, 'utf8').includes('remember this')
    }

    function outputOf(of: Session): string {
      const spools = join(bench.options.dataDir, 'spools')
      const folder = bench.sharesProcess ? readdirSync(spools).find((each) => each.startsWith(`${name}.`)) : of.id
      return readFileSync(join(spools, folder ?? of.id, 'stdout'), 'utf8')
    }

    /** Whether the turn's last line stands in the spool, in the words of any of our agents. */
    function isOver(of: Session): boolean {
      return /^\{"(is":"over"|type":"result"|method":"turn\/completed")/m.test(outputOf(of))
    }
  })
}

/** Variables that the product itself sets for an agent. */
const ours = /^(OMC_(DATA|RUNTIME|SPOOL)|DISABLE_\w+|CLAUDE_CODE_\w+|API_TIMEOUT_MS)$/

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

function asks(listener: Listener): boolean {
  return listener.events.some((event) => event.type === 'wanted')
}
