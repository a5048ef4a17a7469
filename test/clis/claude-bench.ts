import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RuntimeBench } from '../contracts/runtime-stage.ts'
import { startAnthropic, type ScriptedModel } from '../models/anthropic.ts'
import type { ModelRequest } from '../models/ledger.ts'
import { openWayOut } from '../models/way-out.ts'
import { heldText, scripted, type StepInput } from '../models/script.ts'
import { unconfinedPath, usualPath } from './unconfined.ts'

export interface ClaudeBench extends RuntimeBench {
  readonly model: ScriptedModel
  /** The account's CLAUDE_CONFIG_DIR. */
  readonly config: string
}

/**
 * A place for the real CLI with a scripted model on loopback and a key that is none. `unconfined`: without the sandbox
 * for its shell, also where one is installed; `boxed`: all of it in a box.
 */
export async function claudeBench(
  claudeBinary: string,
  { unconfined = false, boxed = false } = {},
): Promise<ClaudeBench> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'claude-bench-')))
  const [dataDir, workdir, config] = [join(root, 'data'), join(root, 'project'), join(root, 'config')]
  for (const folder of [workdir, config]) mkdirSync(folder)
  const model = await startAnthropic({ handler: tellsHowItWent })
  const key = 'dummy-key-for-the-scripted-model'
  const wayOut = boxed ? await openWayOut(join(root, 'egress'), model.url, { 'x-api-key': key }) : null
  const go = join(workdir, 'go')
  const command = (text: string): StepInput => ({ tool: 'Bash', input: { command: text, description: 'a test' } })
  return {
    model,
    config,
    workdir,
    options: {
      runtime: 'claude',
      dataDir,
      environment: { PATH: unconfined ? unconfinedPath(root) : usualPath, HOME: root, LANG: 'C.UTF-8' },
      account: {
        ANTHROPIC_API_KEY: key,
        ANTHROPIC_BASE_URL: model.url,
        CLAUDE_CONFIG_DIR: config,
        CLAUDE_CODE_TMPDIR: root,
      },
      // As an installer leaves it: a link in somebody's home.
      claudeBinary: boxed ? linkedIn(root, claudeBinary) : claudeBinary,
      ...(wayOut === null ? {} : { box: { egress: wayOut.folder } }),
    },
    words: {
      say: (text) => scripted([{ text }]),
      held: (before, after) => scripted([heldText(before, after)]),
      pieces: (text) => scripted([{ text, chunks: text.split(' ').length, chunkDelay: 10 }]),
      tool: (text) => scripted([command('echo a harmless command'), { text }]),
      // What only reads is not asked about, so something that writes stands before it; nor is what a sandbox holds.
      // In a box nothing is asked about that stays in it: a file elsewhere is.
      ask: (text) => {
        if (boxed) {
          const file_path = join(root, 'asked', 'for-leave')
          return scripted([{ tool: 'Write', input: { file_path, content: text } }, command(text), { text: tell }])
        }
        const input = { command: `chmod u+r . && ${text}`, description: 'a test', dangerouslyDisableSandbox: true }
        return scripted([{ tool: 'Bash', input }, { text: tell }])
      },
      question: (text, options) => {
        const choices = options.map((label) => ({ label, description: `It is ${label}` }))
        const question = { question: text, header: 'Which', options: choices, multiSelect: false }
        return scripted([{ tool: 'AskUserQuestion', input: { questions: [question] } }, { text: tell }])
      },
      plan: (plan) => scripted([{ tool: 'EnterPlanMode' }, { tool: 'ExitPlanMode', input: { plan } }, { text: tell }]),
      change: (file_path, content) => scripted([{ tool: 'Write', input: { file_path, content } }, { text: tell }]),
      write: (file_path, content) =>
        scripted([
          { tool: 'Write', input: { file_path, content } },
          command(`echo ${content} > ${file_path}`),
          { text: 'That was it.' },
        ]),
      busy: (text) => scripted([command(`until test -e ${go}; do sleep 0.05; done`), { text }]),
      attached: () => scripted([{ text: 'Seen.' }]),
      context: () => scripted([{ text: 'Heard.' }]),
      daemon: (text) => scripted([command(`setsid sleep 60 > /dev/null 2>&1 & echo on its way`), { text }]),
    },
    release: () => {
      model.gate('held').open()
      writeFileSync(go, '')
    },
    hold: () => {
      model.gate('held').close()
      rmSync(go, { force: true })
    },
    asked: (text) => model.requests.filter((request) => request.step === 0 && request.prompt.includes(text)).length,
    received: () => JSON.stringify(model.requests.map(({ body }) => body)),
    [Symbol.asyncDispose]: async () => {
      await wayOut?.[Symbol.asyncDispose]()
      await model.close()
      rmSync(root, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

function linkedIn(root: string, binary: string): string {
  const link = join(root, 'claude')
  symlinkSync(binary, link)
  return link
}

/** Stands in a script for the text of the last tool's result, which no script can know. */
const tell = 'HOW IT WENT'

function tellsHowItWent({ prompt, step, last }: ModelRequest): StepInput | undefined {
  const calls = prompt.split('"tool":').length - 1
  const wasDenied = step > 0 && JSON.stringify(last).includes('"is_error":true')
  return step > 0 && (step === calls || wasDenied) && prompt.includes(tell)
    ? { text: `The tool said: ${JSON.stringify(last)}` }
    : undefined
}
