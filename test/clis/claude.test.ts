import { test } from 'node:test'
import { runtimeContract } from '../contracts/runtime.ts'
import { claudeBench } from './claude-bench.ts'
import { claudeBinary, howToInstall } from './install.ts'

/** The real CLI against a scripted model. Run it sealed: node test/clis/seal.js --test test/clis/claude.test.ts */
const binary = claudeBinary()
if (binary === null) test('the Claude runtime with the real CLI', { skip: howToInstall })
else runtimeContract('claude', () => claudeBench(binary), { inARow: true })
