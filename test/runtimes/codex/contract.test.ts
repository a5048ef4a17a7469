import { after } from 'node:test'
import { codexBench } from '../../clis/codex-bench.ts'
import { runtimeContract } from '../../contracts/runtime.ts'
import type { RuntimeBench } from '../../contracts/runtime-stage.ts'
import { standIn } from '../../models/stand-in.ts'

// The stories of test/clis/codex.test.ts, in the same words, with the stand-in for the CLI.
const codex = standIn('codex')
after(() => codex[Symbol.dispose]())
runtimeContract('codex', () => withoutSandbox(codex.binary))

/** The stand-in has no sandbox that could keep a guest from writing, and asks no questions: only the real one is asked. */
async function withoutSandbox(binary: string): Promise<RuntimeBench> {
  const bench = await codexBench(binary)
  const words: Partial<RuntimeBench['words']> = { ...bench.words }
  delete words.question
  delete words.write
  return { ...bench, words: words as RuntimeBench['words'] }
}
