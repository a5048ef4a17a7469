import { moment } from '../../core/durations.ts'
import { jump } from '../../core/jump.ts'
import { cut, plain } from '../../core/markdown.ts'
import { isWithAgent, type Task, type TaskDeed, type TaskStatus, type TaskStep } from '../../core/task.ts'

/** What stands on a card of one's own words, and of a report. */
const shownUpTo = 1_200
/** The last steps are what people want to know. */
const stepsUpTo = 4

/** Why somebody cannot do what they want to about a task. */
export type TaskNo = 'unknown' | 'not-yours' | 'cannot' | 'ended'

export const en = {
  groups: { task: 'Work that people give to sessions' },
  commands: {
    'task assign': {
      description: 'Give a session a piece of work, which its people accept or reject',
      options: {
        thread: 'Name of the session, or its thread',
        title: 'What is to be done, in one line',
        details: 'All that there is to know about it',
      },
    },
    'task status': { description: 'Show a task', options: { task: 'Its name, for example C7KX2PQ4' } },
    'task list': {
      description: 'List the tasks of this place',
      options: { everywhere: 'Of all places that you can see', all: 'Also those that are over' },
    },
    'task accept': {
      description: 'Take a task of your session, or let it be tried again',
      options: { task: 'Its name, for example C7KX2PQ4' },
    },
    'task reject': {
      description: 'Do not take a task of your session',
      options: { task: 'Its name, for example C7KX2PQ4', reason: 'Why not' },
    },
    'task done': {
      description: 'Say that a task is done that its agent did not finish',
      options: { task: 'Its name, for example C7KX2PQ4' },
    },
    'task cancel': {
      description: 'Take a task back: what works on it is stopped',
      options: { task: 'Its name, for example C7KX2PQ4' },
    },
  },
  deeds: {
    'task.assign': 'give tasks to sessions',
    'task.look': 'see tasks',
    'task.answer': 'answer tasks of a session',
  },
  buttons: { accept: 'Accept', again: 'Try again', reject: 'Reject…', done: 'Done', cancel: 'Cancel', more: 'Older' },
  form: { title: 'Reject', label: 'Why not', placeholder: 'Whoever gave it is told. May be left empty.' },
  /** The card of a task; `there`: in the place of the session that has it. */
  card(task: Task, there: boolean): string {
    return cardOf(
      task,
      there,
      { steps, statuses, trouble: '⚠ It did not work out:', still: '⚠ stands still', jump: 'Jump' },
      [`from ${fromOf(task)} to **${plain(task.to.name, 40)}**`, `<@${task.to.owner}> or any member here may answer`],
    )
  },
  assigned: ({ chain, title, to }: Task): string =>
    `Given to **${plain(to.name, 40)}**: **${plain(title)}** · ${chain}. Its people accept or reject it; you are told here what becomes of it.`,
  /** What is told in the place where it was given. */
  ended(task: Task, report: string | null): string {
    const { by, title, to, chain, trouble } = task
    const last = task.steps.at(-1)
    const how =
      trouble !== null
        ? '⚠ has not worked out so far'
        : task.status === 'done'
          ? '✓ is done'
          : last === undefined
            ? statuses[task.status]
            : `■ ${steps(last)}`
    const words = trouble ?? report ?? ''
    return `<@${by.id}> **${plain(title)}** ${how} · **${plain(to.name, 40)}** · ${chain} · ${jump(to.place, null, 'Jump')}${quoted(words)}`
  },
  waits: ({ by, title, to, chain }: Task): string =>
    `<@${by.id}> **${plain(title)}** waits: the session **${plain(to.name, 40)}** has ended. It begins when one of that name is started there. · ${chain}`,
  did: (task: Task): string =>
    `${statusOf(task, statuses, '⚠ stands still')} · **${plain(task.title)}** · ${task.chain}`,
  no(why: TaskNo, name: string): string {
    if (why === 'unknown')
      return `There is no task called ${plain(name, 40)} that you can see. \`/task list\` names them.`
    if (why === 'not-yours')
      return 'Only members of the place that has the task may do that; whoever gave it may take it back.'
    if (why === 'ended') return 'Its session has ended. Start one of that name there, then accept it.'
    return 'That cannot be done with it now. `/task status` shows how it stands.'
  },
  noSession: (name: string): string =>
    `There is no session called ${plain(name, 40)} that you can see. \`/session list\` shows those you can.`,
  notThere: (name: string): string =>
    `You may not ask **${plain(name, 40)}** anything, so you cannot give it a task either. An owner can change that with \`/permission set\`.`,
  tooLong: (title: number, text: number): string =>
    `That is too long. A title has up to ${title} characters, the details up to ${text}.`,
  list(tasks: readonly Task[], everywhere: boolean): string {
    if (tasks.length === 0)
      return everywhere
        ? 'There are no such tasks. `/task assign` gives one.'
        : 'There are no such tasks here. `everywhere` looks in all places.'
    return tasks.map((task) => lineOf(task, statuses, '⚠ stands still')).join('\n')
  },
  gone: 'its place is gone',
}

export type TaskWords = typeof en

const statuses: Readonly<Record<TaskStatus, string>> = {
  pending: '? waits to be accepted',
  accepted: '⏸ accepted, waits for its turn',
  in_progress: '● in progress',
  done: '✓ done',
  rejected: '■ rejected',
  cancelled: '■ taken back',
}
const did: Readonly<Record<TaskDeed, string>> = {
  accept: 'accepted it',
  reject: 'rejected it',
  done: 'says that it is done',
  cancel: 'took it back',
}

function steps({ deed, by, words }: TaskStep): string {
  const why = words === '' ? '' : `: ${plain(words, 300)}`
  return by === null ? `was taken back, because its place is gone${why}` : `@${plain(by, 64)} ${did[deed]}${why}`
}

export const ko: TaskWords = {
  groups: { task: '사람이 세션에 맡기는 일' },
  commands: {
    'task assign': {
      description: '세션에 일을 맡겨요. 그 세션의 사람들이 수락하거나 거절해요',
      options: {
        thread: '세션 이름이나 그 스레드',
        title: '할 일을 한 줄로',
        details: '알아야 할 모든 것',
      },
    },
    'task status': { description: '과제를 보여 줘요', options: { task: '과제 이름, 예를 들어 C7KX2PQ4' } },
    'task list': {
      description: '이곳의 과제를 보여 줘요',
      options: { everywhere: '볼 수 있는 모든 곳에서', all: '끝난 것도' },
    },
    'task accept': {
      description: '내 세션의 과제를 수락하거나 다시 하게 해요',
      options: { task: '과제 이름, 예를 들어 C7KX2PQ4' },
    },
    'task reject': {
      description: '내 세션의 과제를 거절해요',
      options: { task: '과제 이름, 예를 들어 C7KX2PQ4', reason: '이유' },
    },
    'task done': {
      description: '에이전트가 끝내지 못한 과제를 끝난 것으로 해요',
      options: { task: '과제 이름, 예를 들어 C7KX2PQ4' },
    },
    'task cancel': {
      description: '과제를 거둬들여요. 하던 일은 멈춰요',
      options: { task: '과제 이름, 예를 들어 C7KX2PQ4' },
    },
  },
  deeds: {
    'task.assign': '세션에 과제를 맡기는 것',
    'task.look': '과제를 보는 것',
    'task.answer': '세션의 과제에 답하는 것',
  },
  buttons: { accept: '수락', again: '다시 하기', reject: '거절…', done: '끝남', cancel: '취소', more: '이전 것' },
  form: { title: '거절', label: '이유', placeholder: '맡긴 분에게 전해져요. 비워 둬도 돼요.' },
  card: (task, there) =>
    cardOf(
      task,
      there,
      { steps: koSteps, statuses: koStatuses, trouble: '⚠ 잘되지 않았어요:', still: '⚠ 멈춰 있음', jump: '이동' },
      [`${fromOf(task)} → **${plain(task.to.name, 40)}**`, `<@${task.to.owner}> 님이나 이곳의 멤버가 답할 수 있어요`],
    ),
  assigned: ({ chain, title, to }) =>
    `**${plain(to.name, 40)}**에 맡겼어요: **${plain(title)}** · ${chain}. 그곳 사람들이 수락하거나 거절하고, 결과는 여기에 알려 드려요.`,
  ended(task, report) {
    const { by, title, to, chain, trouble } = task
    const last = task.steps.at(-1)
    const how =
      trouble !== null
        ? '⚠ 아직 잘되지 않았어요'
        : task.status === 'done'
          ? '✓ 끝났어요'
          : last === undefined
            ? koStatuses[task.status]
            : `■ ${koSteps(last)}`
    const words = trouble ?? report ?? ''
    return `<@${by.id}> **${plain(title)}** ${how} · **${plain(to.name, 40)}** · ${chain} · ${jump(to.place, null, '이동')}${quoted(words)}`
  },
  waits: ({ by, title, to, chain }) =>
    `<@${by.id}> **${plain(title)}** 과제가 기다리고 있어요. 세션 **${plain(to.name, 40)}**이(가) 끝나서, 그곳에서 같은 이름으로 다시 시작하면 이어져요. · ${chain}`,
  did: (task) => `${statusOf(task, koStatuses, '⚠ 멈춰 있음')} · **${plain(task.title)}** · ${task.chain}`,
  no(why, name) {
    if (why === 'unknown') return `볼 수 있는 과제 중에 ${plain(name, 40)}이(가) 없어요. \`/task list\`로 찾아보세요.`
    if (why === 'not-yours') return '과제를 맡은 곳의 멤버만 할 수 있어요. 맡긴 분은 거둬들일 수 있어요.'
    if (why === 'ended') return '그 세션은 끝났어요. 그곳에서 같은 이름으로 시작한 다음 수락해 주세요.'
    return '지금은 할 수 없어요. `/task status`로 상태를 볼 수 있어요.'
  },
  noSession: (name) => `볼 수 있는 세션 중에 그런 이름이 없어요: ${plain(name, 40)}. \`/session list\`로 찾아보세요.`,
  notThere: (name) =>
    `**${plain(name, 40)}**에 물을 수 없어서 과제도 맡길 수 없어요. owner가 \`/permission set\`으로 바꿀 수 있어요.`,
  tooLong: (title, text) => `너무 길어요. 제목은 ${title}자, 내용은 ${text}자까지예요.`,
  list(tasks, everywhere) {
    if (tasks.length === 0)
      return everywhere
        ? '그런 과제가 없어요. `/task assign`으로 맡길 수 있어요.'
        : '이곳에는 그런 과제가 없어요. `everywhere`로 모든 곳에서 찾을 수 있어요.'
    return tasks.map((task) => lineOf(task, koStatuses, '⚠ 멈춰 있음')).join('\n')
  },
  gone: '장소가 없어졌어요',
}

const koStatuses: typeof statuses = {
  pending: '? 수락을 기다림',
  accepted: '⏸ 수락됨, 차례를 기다림',
  in_progress: '● 진행 중',
  done: '✓ 끝남',
  rejected: '■ 거절됨',
  cancelled: '■ 거둬들임',
}
const koDid: typeof did = {
  accept: '님이 수락했어요',
  reject: '님이 거절했어요',
  done: '님이 끝났다고 했어요',
  cancel: '님이 거둬들였어요',
}

function koSteps({ deed, by, words }: TaskStep): string {
  const why = words === '' ? '' : `: ${plain(words, 300)}`
  return by === null ? `장소가 없어져서 거둬들였어요${why}` : `@${plain(by, 64)} ${koDid[deed]}${why}`
}

interface CardWords {
  readonly steps: (step: TaskStep) => string
  readonly statuses: typeof statuses
  readonly trouble: string
  readonly still: string
  readonly jump: string
}

function cardOf(task: Task, there: boolean, say: CardWords, [path, who]: readonly [string, string]): string {
  const { chain, title, text, at, trouble } = task
  const marks = { accept: '✓', reject: '■', done: '✓', cancel: '■' } as const
  const other = there ? task.origin.place : task.to.place
  const link = task.origin.place.id === task.to.place.id ? [] : [jump(other, null, say.jump)]
  return [
    `**${plain(title)}** · ${path} · ${statusOf(task, say.statuses, say.still)}${quoted(text)}`,
    ...(trouble === null ? [] : [`${say.trouble} ${plain(trouble, 300)}`]),
    ...task.steps.slice(-stepsUpTo).map((step) => `${marks[step.deed]} ${say.steps(step)}`),
    ...(there && task.status === 'pending' ? [who] : []),
    [chain, moment(at, 'R'), ...link].join(' · '),
  ].join('\n')
}

function fromOf({ origin, by }: Task): string {
  const person = `@${plain(by.name, 64)}`
  return origin.name === null ? person : `**${plain(origin.name, 40)}** (${person})`
}

function statusOf(task: Task, all: typeof statuses, still: string): string {
  return task.trouble !== null && !isWithAgent(task) ? still : all[task.status]
}

function lineOf(task: Task, all: typeof statuses, still: string): string {
  const { chain, title, to, origin, by } = task
  const from = plain(origin.name ?? `@${by.name}`, 40)
  return `› ${jump(to.place, null, chain)} **${plain(title, 80)}** · ${from} → ${plain(to.name, 40)} · ${statusOf(task, all, still)}`
}

/** Each line marked, as much as one message holds, below what stands before it. */
function quoted(text: string): string {
  if (text.trim() === '') return ''
  return cut(text, shownUpTo)
    .split('\n')
    .map((line) => `\n> ${line}`)
    .join('')
}
