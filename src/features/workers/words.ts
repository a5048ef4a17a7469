import { bytes } from '../../core/figures.ts'
import { code, plain } from '../../core/markdown.ts'
import { counted } from '../../core/plural.ts'
import type { Machine, MachineVitals } from '../../core/machine.ts'

/** A machine with what is on it now. */
export interface Load {
  readonly machine: Machine
  readonly sessions: number
  readonly live: number
  readonly waiting: number
}

/** What a process takes. */
export type Taken = Pick<MachineVitals, 'cpuShare' | 'rssBytes'>

const percent = ({ cpuShare }: Taken): string => `${Math.round(cpuShare * 100)} %`

const nameOf = ({ id, host }: Machine): string => `**${plain(id, 40)}** (${plain(host, 60)})`

export const en = {
  groups: { worker: 'Machines' },
  commands: {
    workers: { description: 'Show the machines', options: {} },
    'worker drain': {
      description: 'Let nothing new begin on a machine; what is at work ends',
      options: { worker: 'Its name' },
    },
    'worker resume': { description: 'Let a machine take work again', options: { worker: 'Its name' } },
    'worker drop': {
      description: 'Give up a machine that is gone for good: its sessions end',
      options: { worker: 'Its name' },
    },
  },
  deeds: { 'worker.list': 'see the machines', 'worker.manage': 'manage the machines' },
  none: (agentsHere: boolean): string =>
    agentsHere
      ? "All agents work on the bot's own machine. `docs/MANY-MACHINES.md` says how to add others."
      : 'No machine has reported itself yet, so no agent can work. Start one: `docs/MANY-MACHINES.md` says how.',
  head: (count: number, agentsHere: boolean): string =>
    `**${counted(count, 'machine')}**${agentsHere ? " beside the bot's own" : ''}`,
  bot: (taken: Taken): string => `The bot takes ${percent(taken)} of a core and ${bytes(taken.rssBytes)}.`,
  line({ machine, sessions, live, waiting }: Load): string {
    const state = !machine.isHere ? '⚠ does not answer' : machine.isDraining ? '⏸ takes nothing new' : '● there'
    const boxes = machine.boxed ? '' : ' · ⚠ agents are not boxed'
    return [
      `${nameOf(machine)} · ${state}`,
      `${live} of ${machine.capacity} at work · ${waiting} waiting · ${counted(sessions, 'session')} · ` +
        `${machine.runtimes.map((each) => plain(each, 40)).join(', ') || 'no agents'}${boxes} · version ${plain(machine.version, 40)}`,
      ...(machine.vitals === null ? [] : [vitalsInEnglish(machine.vitals)]),
    ].join('\n')
  },
  drained: (id: string): string =>
    `⏸ Nothing new begins on **${plain(id, 40)}**. What is at work there ends; what waits keeps its place. ` +
    '`/worker resume` lets it go on.',
  resumed: (id: string): string => `▶ **${plain(id, 40)}** takes work again.`,
  dropped: (id: string, sessions: number, runs: number): string =>
    `■ **${plain(id, 40)}** is given up: ${counted(sessions, 'session')} ended, ${counted(runs, 'run')} ended. What they did is on ` +
    'that machine alone. If it is started again, it begins anew and ends the agents that are left there.',
  ask(id: string, sessions: number): string {
    return (
      `⚠ Give up **${plain(id, 40)}** for good? ${counted(sessions, 'session')} on it ${sessions === 1 ? 'ends' : 'end'}, with all ` +
      'that runs and waits there. If it only needs a restart, start it again instead: everything goes on then.'
    )
  },
  drop: 'Give it up',
  unknown: (id: string, known: readonly string[]): string =>
    known.length === 0
      ? 'There are no other machines.'
      : `There is no machine ${code(id, 40)}. There are: ${known.map((each) => code(each, 40)).join(', ')}.`,
}

function vitalsInEnglish(vitals: MachineVitals): string {
  return (
    `It takes ${percent(vitals)} of a core and ${bytes(vitals.rssBytes)} · ` +
    `${counted(vitals.cliProcessCount, 'agent process', 'agent processes')} · memory ${bytes(vitals.freeMemoryBytes)} free`
  )
}

export const ko: typeof en = {
  groups: { worker: '에이전트가 일하는 컴퓨터' },
  commands: {
    workers: { description: '에이전트가 일하는 컴퓨터와 얼마나 바쁜지 보여 줘요', options: {} },
    'worker drain': {
      description: '컴퓨터에서 새 작업을 시작하지 않게 해요. 진행 중인 작업은 끝까지 해요',
      options: { worker: '컴퓨터 이름' },
    },
    'worker resume': { description: '컴퓨터가 다시 작업을 받게 해요', options: { worker: '컴퓨터 이름' } },
    'worker drop': {
      description: '돌아오지 않을 컴퓨터를 포기해요. 그 컴퓨터의 세션이 끝나요',
      options: { worker: '컴퓨터 이름' },
    },
  },
  deeds: { 'worker.list': '컴퓨터 상태를 보는 것', 'worker.manage': '컴퓨터를 관리하는 것' },
  none: (agentsHere) =>
    agentsHere
      ? '모든 에이전트가 봇이 있는 컴퓨터에서 일해요. 컴퓨터를 더하는 방법은 `docs/MANY-MACHINES.md`에 있어요.'
      : '아직 연결된 컴퓨터가 없어서 에이전트가 일할 수 없어요. 시작하는 방법은 `docs/MANY-MACHINES.md`에 있어요.',
  head: (count, agentsHere) => `**컴퓨터 ${count}대**${agentsHere ? ' (봇이 있는 컴퓨터 제외)' : ''}`,
  bot: (taken) => `봇: CPU 코어 하나의 ${percent(taken)} · 메모리 ${bytes(taken.rssBytes)}`,
  line({ machine, sessions, live, waiting }) {
    const state = !machine.isHere ? '⚠ 응답 없음' : machine.isDraining ? '⏸ 새 작업 안 받음' : '● 연결됨'
    const boxes = machine.boxed ? '' : ' · ⚠ 에이전트가 격리되지 않음'
    return [
      `${nameOf(machine)} · ${state}`,
      `진행 중 ${live}/${machine.capacity} · 대기 ${waiting} · 세션 ${sessions}개 · ` +
        `${machine.runtimes.map((each) => plain(each, 40)).join(', ') || '에이전트 없음'}${boxes} · 버전 ${plain(machine.version, 40)}`,
      ...(machine.vitals === null ? [] : [vitalsInKorean(machine.vitals)]),
    ].join('\n')
  },
  drained: (id) =>
    `⏸ **${plain(id, 40)}** 컴퓨터에서는 새 작업을 시작하지 않아요. 진행 중인 작업은 끝까지 하고, 기다리던 요청은 순서를 지켜요. ` +
    '`/worker resume`으로 다시 받을 수 있어요.',
  resumed: (id) => `▶ **${plain(id, 40)}** 컴퓨터가 다시 작업을 받아요.`,
  dropped: (id, sessions, runs) =>
    `■ **${plain(id, 40)}** 컴퓨터를 포기했어요. 세션 ${sessions}개와 작업 ${runs}개가 끝났어요. 그동안 한 일은 그 컴퓨터에만 남아 있어요. ` +
    '그 컴퓨터를 다시 시작하면 새로 시작하고, 남아 있던 에이전트는 끝나요.',
  ask: (id, sessions) =>
    `⚠ **${plain(id, 40)}** 컴퓨터를 아주 포기할까요? 그 컴퓨터의 세션 ${sessions}개와 거기서 진행하거나 기다리던 작업이 모두 끝나요. ` +
    '다시 시작하기만 하면 된다면 그 컴퓨터를 다시 켜 주세요. 그러면 모두 이어서 해요.',
  drop: '포기하기',
  unknown: (id, known) =>
    known.length === 0
      ? '다른 컴퓨터가 없어요.'
      : `${code(id, 40)}: 없는 컴퓨터예요. 있는 컴퓨터: ${known.map((each) => code(each, 40)).join(', ')}`,
}

function vitalsInKorean(vitals: MachineVitals): string {
  return (
    `CPU 코어 하나의 ${percent(vitals)} · 메모리 ${bytes(vitals.rssBytes)} · ` +
    `에이전트 프로세스 ${vitals.cliProcessCount}개 · 남은 메모리 ${bytes(vitals.freeMemoryBytes)}`
  )
}
