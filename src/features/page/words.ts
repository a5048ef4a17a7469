import { moment } from '../../core/durations.ts'
import { plain } from '../../core/markdown.ts'
import type { PageLink } from '../../core/page.ts'

export const en = {
  commands: { page: { description: "Open the operator's page", options: {} } },
  deeds: { page: "open the operator's page" },
  link: ({ url, until }: PageLink): string =>
    [
      `The operator's page, for you alone: <${url}>`,
      `It opens once, until ${moment(until, 't')}, on the machine that I run on. From another one, forward its port first:`,
      `\`ssh -L ${portOf(url)}:127.0.0.1:${portOf(url)} <that machine>\``,
    ].join('\n'),
  off: "The operator's page is switched off here. The operator can set `OMC_HEALTHZ_PORT` and start me again.",
  audited: (by: string): string => `@${plain(by, 60)} asked for a link to the operator's page.`,
}

export const ko: typeof en = {
  commands: { page: { description: '운영자 페이지로 가는 링크를 받아요', options: {} } },
  deeds: { page: '운영자 페이지를 여는 것' },
  link: ({ url, until }) =>
    [
      `운영자 페이지예요. 본인만 쓸 수 있어요: <${url}>`,
      `${moment(until, 't')}까지 한 번만, 제가 실행 중인 컴퓨터에서 열려요. 다른 컴퓨터에서는 먼저 포트를 연결해 주세요:`,
      `\`ssh -L ${portOf(url)}:127.0.0.1:${portOf(url)} <그 컴퓨터>\``,
    ].join('\n'),
  off: '여기에서는 운영자 페이지가 꺼져 있어요. 운영자가 `OMC_HEALTHZ_PORT`를 정하고 다시 시작하면 쓸 수 있어요.',
  audited: (by) => `@${plain(by, 60)} 님이 운영자 페이지 링크를 요청했어요.`,
}

function portOf(url: string): string {
  return new URL(url).port
}
