import { test } from 'node:test'
import { runtimeContract } from '../contracts/runtime.ts'
import { claudeBench } from './claude-bench.ts'
import { claudeBinary, howToInstall } from './install.ts'

/** The real CLI in boxes, against a scripted model that it reaches by one socket alone. */
const binary = claudeBinary()
if (binary === null) test('the Claude runtime with the real CLI in boxes', { skip: howToInstall })
else runtimeContract('claude', () => claudeBench(binary, { boxed: true }), { inARow: true })
