import { after } from 'node:test'
import { codexBench } from '../../clis/codex-bench.ts'
import { runtimeContract } from '../../contracts/runtime.ts'
import { standIn } from '../../models/stand-in.ts'

// The stories of test/clis/codex.test.ts, in the same words, with the stand-in for the CLI.
const codex = standIn('codex')
after(() => codex[Symbol.dispose]())
runtimeContract('codex', () => codexBench(codex.binary))
