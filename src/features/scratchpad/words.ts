import { moment } from '../../core/durations.ts'
import { code, cut, plain } from '../../core/markdown.ts'
import type { ScratchpadNote } from '../../core/scratchpad.ts'

/** Discord takes 2,000 characters; the file holds it all. */
const [shownUpTo, noteUpTo] = [1_700, 300]

export const en = {
  commands: {
    scratchpad: {
      description: 'Show the notes that the agent of this place keeps',
      options: { chain: 'Of a chain or task instead, for example C7KX2PQ4' },
    },
  },
  deeds: {
    scratchpad: 'see what agents note',
    'scratchpad.read': 'let an agent read its notes',
    'scratchpad.write': 'let an agent keep notes',
  },
  empty: 'There are no notes.',
  hidden: (count: number): string => `And ${count} of agents in places that you cannot see.`,
  unknown: (id: string): string =>
    `There is no chain called ${plain(id, 40)} that you can see. Its name stands on its letters and tasks.`,
  noSession: 'There is no session here. Name a chain, or look in the place of a session.',
  notes: (notes: readonly ScratchpadNote[]): string =>
    drawn(notes, ({ by, version }) => `version ${version} by **${plain(by, 40)}**`),
}

export const ko: typeof en = {
  commands: {
    scratchpad: {
      description: '이곳의 에이전트가 적어 둔 메모를 보여 줘요',
      options: { chain: '대신 체인이나 과제의 메모, 예를 들어 C7KX2PQ4' },
    },
  },
  deeds: {
    scratchpad: '에이전트의 메모를 보는 것',
    'scratchpad.read': '에이전트가 메모를 읽게 하는 것',
    'scratchpad.write': '에이전트가 메모를 적게 하는 것',
  },
  empty: '메모가 없어요.',
  hidden: (count) => `볼 수 없는 곳의 에이전트가 적은 메모가 ${count}개 더 있어요.`,
  unknown: (id) => `볼 수 있는 체인 중에 그런 이름이 없어요: ${plain(id, 40)}. 이름은 편지와 과제에 적혀 있어요.`,
  noSession: '이곳에는 세션이 없어요. 체인을 적거나 세션이 있는 곳에서 봐 주세요.',
  notes: (notes) => drawn(notes, ({ by, version }) => `**${plain(by, 40)}**의 ${version}번째 판`),
}

/** Whole notes, as many as one message holds. */
function drawn(notes: readonly ScratchpadNote[], about: (note: ScratchpadNote) => string): string {
  let text = ''
  for (const note of notes) {
    const lines = cut(note.text, noteUpTo)
      .split('\n')
      .map((line) => `\n> ${line}`)
    const one = `› ${code(note.key, 60)} · ${about(note)} · ${moment(note.at, 'R')}${lines.join('')}`
    if (text.length + one.length > shownUpTo) return `${text}\n…`
    text += text === '' ? one : `\n${one}`
  }
  return text
}
