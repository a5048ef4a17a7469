import { globSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RuntimeBench } from '../contracts/runtime-stage.ts'

/** A place for the echo agent, which does what the lines of its prompt say. */
export async function echoBench(boxed = false): Promise<RuntimeBench> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'echo-bench-')))
  const compiled = process.env['NODE_COMPILE_CACHE']
  const [dataDir, workdir] = [join(root, 'data'), join(root, 'project')]
  mkdirSync(workdir)
  const prompts = (): string[] => {
    return globSync(['echo/*.jsonl', 'boxes/*/state/*.jsonl'], { cwd: dataDir })
      .flatMap((file) => readFileSync(join(dataDir, file), 'utf8').split('\n').slice(0, -1))
      .map((line) => (JSON.parse(line) as { text: string }).text)
  }
  return {
    workdir,
    options: {
      runtime: 'echo',
      dataDir,
      environment: {
        PATH: process.env['PATH'] ?? '',
        HOME: root,
        LANG: 'C.UTF-8',
        ...(compiled === undefined ? {} : { NODE_COMPILE_CACHE: compiled }),
      },
      account: {},
      ...(boxed ? { box: { egress: null } } : {}),
      claudeBinary: null,
    },
    words: {
      say: (text) => `!say ${text}`,
      held: (before, after) => `!until held ${before}${after}`,
      pieces: (text) => `!slow 0.1s ${text}`,
      tool: (text) => `!tool Bash ls\n!say ${text}`,
      ask: (command) => `!ask Bash ${command}`,
      question: (text, options) => `!question ${[text, ...options].join(' | ')}`,
      plan: (plan) => `!plan ${plan}`,
      change: (path, text) => `!change ${path} | ${text}`,
      write: (path, text) => `!change ${path} | ${text}\n!say that was it`,
      withdraw: () => '!withdraw Bash npm test',
      busy: (text) => `!until held !tool Bash npm test\n!say ${text}`,
      attached: () => '!attached',
      context: () => '!context',
      daemon: (text) => `!daemon 60\n!say ${text}`,
    },
    release: () => {
      const gates = join(dataDir, 'echo', 'until')
      mkdirSync(gates, { recursive: true })
      writeFileSync(join(gates, 'held'), '')
    },
    asked: (text) => prompts().filter((each) => each.includes(text)).length,
    received: () => prompts().join('\n'),
    [Symbol.asyncDispose]: async () => rmSync(root, { recursive: true, force: true }),
  }
}
