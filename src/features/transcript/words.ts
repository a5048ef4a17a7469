import { exact } from '../../core/figures.ts'

export const en = {
  commands: {
    'session export': { description: 'Get what was said here as a file', options: {} },
  },
  deeds: {
    'session.export': 'take a transcript away',
  },
  exported: (turns: number, cut: boolean): string =>
    `${turns === 1 ? 'One turn' : `${exact(turns)} turns`}, one per line.` +
    (cut ? ' Earlier ones did not fit into one file; the operator has them in the data folder.' : ''),
}

export const ko: typeof en = {
  commands: {
    'session export': { description: '여기에서 나눈 대화를 파일로 받아요', options: {} },
  },
  deeds: {
    'session.export': '대화 기록을 내보내는 것',
  },
  exported: (turns, cut) =>
    `한 줄에 한 번씩, 모두 ${exact(turns)}번의 대화예요.` +
    (cut ? ' 그 전의 대화는 파일 하나에 담기에 너무 많아요. 운영자가 데이터 폴더에서 볼 수 있어요.' : ''),
}
