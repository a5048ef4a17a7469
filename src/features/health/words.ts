import { isInPlace } from '../../core/confinement.ts'
import { clockTime, moment } from '../../core/durations.ts'
import { bytes } from '../../core/figures.ts'
import { inOneLine } from '../../core/finding.ts'
import type { Health } from '../../core/health.ts'
import { plain } from '../../core/markdown.ts'
import { counted } from '../../core/plural.ts'

const gatewayInEnglish = {
  connecting: 'connecting',
  ready: 'connected',
  resting: 'resting before it reconnects',
  closed: 'off',
}
const gatewayInKorean = { connecting: '연결 중', ready: '연결됨', resting: '재연결 대기 중', closed: '꺼짐' }

/** What the parts have found tells of the machine: it is for owners. */
function reasonsFor({ reasons, findings }: Health, isOwner: boolean): readonly string[] {
  const found = new Set(findings.map(inOneLine))
  const shown = isOwner ? reasons : reasons.filter((reason) => !found.has(reason))
  return shown.slice(0, 5)
}

function machinesIn({ machines }: Health): readonly string[] {
  if (machines.length === 0) return []
  const away = machines.filter(({ state }) => state === 'away').map(({ id }) => plain(id, 40))
  const open = machines.filter(({ boxed }) => !boxed).map(({ id }) => plain(id, 40))
  return [
    `${counted(machines.length, 'other machine')}${away.length === 0 ? '' : ` · ⚠ no answer from ${away.join(', ')}`}` +
      (open.length === 0 ? '' : ` · ⚠ agents are not boxed on ${open.join(', ')}`),
  ]
}

function machinesInKorean({ machines }: Health): readonly string[] {
  if (machines.length === 0) return []
  const away = machines.filter(({ state }) => state === 'away').map(({ id }) => plain(id, 40))
  const open = machines.filter(({ boxed }) => !boxed).map(({ id }) => plain(id, 40))
  return [
    `다른 컴퓨터 ${machines.length}대${away.length === 0 ? '' : ` · ⚠ 응답 없음: ${away.join(', ')}`}` +
      (open.length === 0 ? '' : ` · ⚠ 격리되지 않음: ${open.join(', ')}`),
  ]
}

function stateOf(health: Health, isOwner: boolean): string {
  if (!health.ok) return '⚠ I cannot serve everybody now. Owners see more in `/health` and in the log.'
  return isOwner && health.reasons.length > 0 ? '✓ I can work, but some things need attention:' : '✓ All is well.'
}

function stateInKorean(health: Health, isOwner: boolean): string {
  if (!health.ok) return '⚠ 지금은 제대로 쓸 수 없어요. 자세한 내용은 owner의 `/health`와 로그에 있어요.'
  return isOwner && health.reasons.length > 0 ? '✓ 쓸 수 있어요. 다만 이런 점이 있어요:' : '✓ 모두 정상이에요.'
}

export const en = {
  commands: { health: { description: 'Show how the bot is doing', options: {} } },
  deeds: { health: 'see how the bot is doing', 'health.all': 'see what needs attention on the machine' },
  health(health: Health, isOwner: boolean) {
    const oldest = health.queuedCount === 0 ? '' : ` (the oldest for ${clockTime(health.oldestQueuedAgeMs)})`
    const ping = health.gateway.ping === null ? '' : `, ${Math.round(health.gateway.ping)} ms`
    const free = health.disk.freeBytes === null ? 'not known' : `${bytes(health.disk.freeBytes)} free`
    return [
      stateOf(health, isOwner),
      ...reasonsFor(health, isOwner).map((reason) => `⚠ ${plain(reason, 280)}`),
      `${counted(health.activeSessions, 'session')} · ${counted(health.activeRuns, 'run')} at work · ` +
        `${health.queuedCount} waiting${oldest} · ${counted(health.cliProcessCount, 'agent process', 'agent processes')}`,
      ...(health.closedMessages === 0
        ? []
        : [`⚠ ${counted(health.closedMessages, 'message')} waiting for a place that is closed to me`]),
      `Discord ${gatewayInEnglish[health.gateway.state]}${ping} · store ${health.store.ok ? 'in order' : 'not in order'} · ` +
        `disk ${free} · memory ${bytes(health.rssBytes)}`,
      ...machinesIn(health),
      isInPlace(health.box)
        ? '⚠ Agents live in boxes of macOS, which nobody had a Mac to try on and which hold less than those of Linux'
        : health.box.boxed
          ? 'Agents live in boxes'
          : `⚠ Agents are not boxed: ${plain(health.box.reason)}`,
      `Version ${plain(health.version, 40)} · started ${moment(health.startedAt, 'R')} · ` +
        `${counted(health.restartCount, 'restart')} so far`,
    ].join('\n')
  },
}

export const ko: typeof en = {
  commands: { health: { description: '봇의 상태를 보여 줘요', options: {} } },
  deeds: { health: '봇의 상태를 보는 것', 'health.all': '서버에서 손봐야 할 점을 보는 것' },
  health(health, isOwner) {
    const oldest = health.queuedCount === 0 ? '' : ` (가장 오래된 요청 ${clockTime(health.oldestQueuedAgeMs)})`
    const ping = health.gateway.ping === null ? '' : `, ${Math.round(health.gateway.ping)} ms`
    const free = health.disk.freeBytes === null ? '알 수 없음' : `${bytes(health.disk.freeBytes)} 남음`
    return [
      stateInKorean(health, isOwner),
      ...reasonsFor(health, isOwner).map((reason) => `⚠ ${plain(reason, 280)}`),
      `세션 ${health.activeSessions}개 · 진행 중 ${health.activeRuns}개 · 대기 ${health.queuedCount}개${oldest} · ` +
        `에이전트 프로세스 ${health.cliProcessCount}개`,
      ...(health.closedMessages === 0
        ? []
        : [`⚠ 글을 쓸 수 없는 곳에 올려야 할 메시지 ${health.closedMessages}개가 기다리고 있어요`]),
      `Discord ${gatewayInKorean[health.gateway.state]}${ping} · 저장소 ${health.store.ok ? '정상' : '이상 있음'} · ` +
        `디스크 ${free} · 메모리 ${bytes(health.rssBytes)}`,
      ...machinesInKorean(health),
      isInPlace(health.box)
        ? '⚠ 에이전트는 macOS의 상자에서 실행돼요. Mac에서 시험해 보지 못했고, Linux의 상자보다 덜 막아 줘요'
        : health.box.boxed
          ? '에이전트는 격리된 상자에서 실행돼요'
          : `⚠ 에이전트가 격리되지 않았어요: ${plain(health.box.reason)}`,
      `버전 ${plain(health.version, 40)} · ${moment(health.startedAt, 'R')}에 시작 · 재시작 ${health.restartCount}번`,
    ].join('\n')
  },
}
