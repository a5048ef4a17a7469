import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { sideBySide, type RuntimeBench } from '../contracts/runtime-stage.ts'
import { Listener, makeRuntime, makeSession, makeTurn } from '../contracts/runtime-bench.ts'
import { echoBench } from '../runtimes/echo-bench.ts'
import { claudeBench } from './claude-bench.ts'
import { codexBench } from './codex-bench.ts'
import { claudeBinary, codexBinary } from './install.ts'

/** A session that began before there were boxes. */
const worlds: readonly (readonly [string, (() => Promise<RuntimeBench>) | null])[] = [
  ['echo', () => echoBench(true)],
  ['claude', withCli(claudeBinary(), (binary) => claudeBench(binary, { boxed: true }))],
  ['codex', withCli(codexBinary(), (binary) => codexBench(binary, { boxed: true }))],
  ['codex with its own provider', withCli(codexBinary(), asInstalled)],
]

/** Without a provider of the operator's, but for the address: the model is scripted. */
async function asInstalled(binary: string): Promise<RuntimeBench> {
  const bench = await codexBench(binary, { boxed: true })
  const settings = `model = "gpt-5.5"\nweb_search = "disabled"\nopenai_base_url = "${bench.model.url}/v1"\n`
  writeFileSync(join(bench.home, 'config.toml'), settings)
  writeFileSync(join(bench.home, 'auth.json'), JSON.stringify({ auth_mode: 'apikey', OPENAI_API_KEY: 'sk-dummy' }))
  return bench
}

function withCli(binary: string | null, make: (binary: string) => Promise<RuntimeBench>) {
  return binary === null ? null : () => make(binary)
}

describe('a session that began without a box', sideBySide, () => {
  for (const [name, make] of worlds)
    test(`goes on in one, in the same conversation: ${name}`, { skip: make === null && 'not installed' }, async () => {
      const bench = await (make ?? echoBench)()
      try {
        const { box: _, ...unboxed } = bench.options
        const before = makeRuntime(unboxed)
        const first = makeTurn(makeSession(bench.options.runtime, bench.workdir), bench.words.say('the first words'))
        const begun = new Listener(before.begin(first), first)
        await begun.done
        assert.equal(begun.text, 'the first words')
        await before.close('end')
        const session = { ...first.session, conversation: begun.conversation }
        const after = makeRuntime(bench.options)
        try {
          for (const words of ['the second words', 'the third words']) {
            const turn = makeTurn(session, bench.words.say(words))
            const listener = new Listener(after.begin(turn), turn)
            await listener.done
            assert.equal(listener.text, words, JSON.stringify(listener.last))
            assert.equal(listener.conversation?.id, begun.conversation?.id)
            assert.match(listener.conversation?.transcript ?? '/boxes/', /\/boxes\//)
          }
          const last = bench.received().split('the third words').at(0) ?? ''
          assert.ok(last.includes('the first words'), 'it knows what was said before')
        } finally {
          await after.close('end')
        }
      } finally {
        await bench[Symbol.asyncDispose]()
      }
    })
})
