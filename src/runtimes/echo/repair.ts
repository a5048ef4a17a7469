import { execFile } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { env, execPath } from 'node:process'
import type { Action } from '../../core/action.ts'

const file = 'cart.js'
const test = 'cart.test.js'
/** The line of the demo's project that forgets the count, and what it should be. */
const wrong = 'for (const item of items) sum += item.price\n'
const right = 'for (const item of items) sum += item.price * item.count\n'

/** What the piece of work needs of the agent that plays it. */
export interface RepairDoor {
  readonly folder: string
  /** It may only look. */
  readonly readOnly: boolean
  say(text: string): Promise<void>
  /** Shows a tool at work; `work` says whether it succeeded. */
  act(call: Pick<Action, 'kind' | 'tool' | 'title'>, work: () => boolean | Promise<boolean>): Promise<boolean>
}

/** Whether somebody asks for the one piece of work that echo really can do: the bug of the demo's little shop. */
export function asksForRepair(prompt: string, folder: string): boolean {
  const isShop = existsSync(join(folder, file)) && existsSync(join(folder, test))
  return isShop && /\b(fix|repair|failing|bug)\b|고쳐|고치|실패/i.test(prompt)
}

/** Runs the test, reads, mends, and runs it again: all of it really done, and told as an agent would. */
export async function repair(prompt: string, door: RepairDoor): Promise<void> {
  const { folder, readOnly } = door
  const words = /\p{Script=Hangul}/u.test(prompt) ? korean : english
  const path = join(folder, file)
  await door.say(words.first)
  const runTests = (): Promise<boolean> =>
    door.act({ kind: 'command', tool: 'Bash', title: 'node --test' }, () => passes(folder))
  if (!readOnly && (await runTests())) return door.say(words.wellAlready)
  for (const title of [test, file])
    await door.act({ kind: 'read', tool: 'Read', title }, () => existsSync(join(folder, title)))
  const text = readFileSync(path, 'utf8')
  if (!text.includes(wrong)) return door.say(words.another)
  await door.say(words.found)
  if (readOnly) return door.say(words.mayNot)
  await door.act({ kind: 'edit', tool: 'Edit', title: file }, () => {
    writeFileSync(path, text.replace(wrong, right))
    return true
  })
  const isMended = await runTests()
  await door.say(isMended ? words.mended : words.another)
}

function passes(folder: string): Promise<boolean> {
  // What the test runner of the bot's own tests says to its children is not for this one.
  const { NODE_TEST_CONTEXT: _, ...own } = env
  return new Promise((resolve) => {
    execFile(execPath, ['--test'], { cwd: folder, env: own, timeout: 30_000 }, (error) => resolve(error === null))
  })
}

interface Words {
  readonly first: string
  readonly wellAlready: string
  readonly found: string
  readonly another: string
  readonly mayNot: string
  readonly mended: string
}

const change = ['```diff', `-  ${wrong}+  ${right}\`\`\``].join('\n')

const english: Words = {
  first: 'I run the tests first, to see what fails.',
  wellAlready: 'All tests pass already: the count is taken into account. There is nothing to fix.',
  found:
    '**takes the count into account** fails: it expects 500 and gets 250. `total` adds up each price once and never looks at `count`, so two of the same thing cost as much as one. I change that one line and leave the members’ discount as it is.',
  another: 'This is another bug than the one I know. I am only **echo**: a real agent would look further.',
  mayNot: 'I may only look here, so I change nothing. Somebody who may edit can ask me to.',
  mended: `Fixed; both tests pass now.\n\n${change}\n\n\`/diff\` shows what I changed on this session’s branch.`,
}

const korean: Words = {
  first: '먼저 테스트를 돌려서 무엇이 실패하는지 볼게요.',
  wellAlready: '테스트가 이미 모두 통과해요. 수량도 계산에 들어가 있어서 고칠 것이 없어요.',
  found:
    '**takes the count into account** 테스트가 실패해요. 500이어야 하는데 250이 나와요. `total`이 가격을 한 번씩만 더하고 `count`를 보지 않아서, 같은 물건 두 개가 한 개 값이 돼요. 그 한 줄만 고치고 회원 할인은 그대로 둘게요.',
  another: '제가 아는 버그와 달라요. 저는 **echo**일 뿐이라, 진짜 에이전트라면 더 살펴봤을 거예요.',
  mayNot: '여기서는 보기만 할 수 있어서 아무것도 바꾸지 않았어요. 고칠 수 있는 분이 부탁해 주세요.',
  mended: `고쳤어요. 이제 테스트 두 개가 모두 통과해요.\n\n${change}\n\n이 세션의 브랜치에서 바뀐 것은 \`/diff\`로 볼 수 있어요.`,
}
