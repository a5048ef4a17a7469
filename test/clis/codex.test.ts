import { test } from 'node:test'
import { runtimeContract } from '../contracts/runtime.ts'
import { codexBench } from './codex-bench.ts'
import { codexBinary, howToInstallCodex } from './install.ts'

/** The real CLI against a scripted model. Run it sealed: node test/clis/seal.js --test test/clis/codex.test.ts */
const binary = codexBinary()
if (binary === null) test('the Codex runtime with the real CLI', { skip: howToInstallCodex })
else runtimeContract('codex', () => codexBench(binary, { looksUp: false }), { inARow: true })
