import { after } from 'node:test'
import { claudeBench } from '../../clis/claude-bench.ts'
import { runtimeContract } from '../../contracts/runtime.ts'
import { standIn } from '../../models/stand-in.ts'

// The stories of test/clis/claude.test.ts, in the same words, with the stand-in for the CLI.
const claude = standIn('claude')
after(() => claude[Symbol.dispose]())
runtimeContract('claude', () => claudeBench(claude.binary))
