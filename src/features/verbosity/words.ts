import type { Verbosity, VerbosityScope } from '../../core/verbosity.ts'

/** What holds for somebody in a place, and what they have just changed. */
export interface VerbosityStanding {
  readonly level: Verbosity
  /** Where that was set; null: nowhere. */
  readonly by: VerbosityScope | null
  /** `level` null: taken back. */
  readonly changed: { readonly isMine: boolean; readonly level: Verbosity | null } | null
}

export const en = {
  commands: {
    verbosity: {
      description: 'Set how many steps are shown',
      options: {
        level: 'quiet: none, normal: the latest, full: many, also at the end; unset takes it back. Left out: show it',
        whose: 'here: for everybody in this place (if left out); mine: for you, where nothing is set for the place',
      },
    },
  },
  deeds: { verbosity: 'set how much they are shown', 'verbosity.here': 'set how much everybody here is shown' },
  stands({ level, by, changed }: VerbosityStanding): string {
    const whose = changed?.isMine === true ? 'for you' : 'here'
    const what =
      changed?.level === null ? `✓ Nothing is set ${whose} any more.` : `✓ Set to **${changed?.level}** ${whose}.`
    const where =
      by === null ? 'nothing is set' : by.startsWith('person:') ? 'by your own setting' : 'set for this place'
    const now = `What you ask here is shown **${level}** (${where}): ${shown[level]}.`
    return changed === null ? now : `${what} From the next prompt on. ${now}`
  },
}

const shown: Readonly<Record<Verbosity, string>> = {
  quiet: 'no steps, only that it works',
  normal: 'the latest steps while it works',
  full: 'many steps while it works, and they stay at the end',
}
const shownKo: Readonly<Record<Verbosity, string>> = {
  quiet: '단계 없이 진행 여부만 보여요',
  normal: '진행 중일 때 최근 단계를 보여요',
  full: '진행 중일 때 많은 단계를 보여 주고, 끝나도 남겨요',
}

export const ko: typeof en = {
  commands: {
    verbosity: {
      description: '에이전트의 단계를 얼마나 보여 줄지 정해요',
      options: {
        level:
          'quiet: 안 보임, normal: 최근 단계, full: 많이, 끝난 뒤에도. unset은 되돌려요. 비워 두면 지금 설정을 보여 줘요',
        whose: 'here: 여기의 모두에게(비워 두면), mine: 장소에 정한 것이 없을 때 나에게',
      },
    },
  },
  deeds: { verbosity: '얼마나 보여 줄지 정하는 것', 'verbosity.here': '여기의 모두에게 얼마나 보여 줄지 정하는 것' },
  stands({ level, by, changed }) {
    const whose = changed?.isMine === true ? '내 설정' : '여기 설정'
    const what = changed?.level === null ? `✓ ${whose}을 되돌렸어요.` : `✓ ${whose}: **${changed?.level}**.`
    const where = by === null ? '정한 것 없음' : by.startsWith('person:') ? '내 설정' : '이 장소의 설정'
    const now = `여기에서 요청하면 지금은 **${level}**(${where})이에요. ${shownKo[level]}.`
    return changed === null ? now : `${what} 다음 요청부터 적용돼요. ${now}`
  },
}
