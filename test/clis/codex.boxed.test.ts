import { test } from 'node:test'
import { runtimeContract } from '../contracts/runtime.ts'
import { codexBench } from './codex-bench.ts'
import { codexBinary, howToInstallCodex } from './install.ts'

/** The real CLI in boxes, a server each, against a scripted model that it reaches by one socket alone. */
const binary = codexBinary()
if (binary === null) test('the Codex runtime with the real CLI in boxes', { skip: howToInstallCodex })
else runtimeContract('codex', () => codexBench(binary, { boxed: true }), { inARow: true })
