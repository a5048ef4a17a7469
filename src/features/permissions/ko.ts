import { isExplained, type ExplainedCode } from '../../core/past-refusal.ts'
import { isTooNarrow, type Ground, type Owners, type Scope, type Verdict } from '../../core/policy.ts'
import type { Tier } from '../../core/right.ts'
import type { en } from './en.ts'
import { moment } from '../../core/durations.ts'
import { fitting } from '../../core/fitting.ts'
import { plain } from '../../core/markdown.ts'
import { tierEnding } from '../../core/particle.ts'

export const ko: typeof en = {
  groups: { permission: '누가 무엇을 할 수 있는지 정해요' },
  commands: {
    'permission set': {
      description: '등급을 주거나 거둬들여요',
      options: {
        user: '누구에게',
        tier: '줄 등급. none은 준 등급을 거둬들여요',
        scope: '적용할 곳: 여기, 이 채널과 스레드(비워 두면), 또는 모든 곳',
      },
    },
    'permission show': { description: '여기에서의 등급과 그 이유를 보여 줘요', options: { user: '누구를' } },
    'permission list': { description: '지금까지 준 등급을 모두 보여 줘요', options: {} },
    why: {
      description: '왜 거절됐는지, 또는 누가 무엇을 할 수 있는지 알려 줘요',
      options: {
        action: '무엇을. 비워 두면 내가 마지막으로 거절된 일',
        user: '누가. 비워 두면 나',
        place: '어디에서. 비워 두면 여기',
      },
    },
  },
  deeds: {
    why: '거절된 이유를 묻는 것',
    'why.others': '다른 사람이 할 수 있는 일을 묻는 것',
    'permission.set': '등급을 주는 것',
    'permission.show': '다른 사람의 권한을 보는 것',
    'permission.list': '모든 권한을 보는 것',
  },
  audited(change, by, place) {
    const where = place.kind === 'dm' ? 'DM에서' : `<#${place.id}>에서`
    return `${ko.changed(change)} ${where} @${plain(by.name, 60)} 님이 바꿨어요.`
  },
  changed({ about, scope, tier, now, stopped }) {
    const said =
      tier === null
        ? `이제 <@${about.id}> 님에게 ${inScope(scope)} 따로 준 등급이 없어요.`
        : `<@${about.id}> 님은 이제 ${inScope(scope)} ${called(tier)}${tierEnding(tier, 'is')}.`
    const here =
      now === tier
        ? ''
        : ` 여기에서 적용되는 등급은 ${called(now)}${tierEnding(now, 'is')}. 이유는 \`/permission show\`에서 볼 수 있어요.`
    const runs = stopped === 0 ? '' : ` 진행 중이던 작업 ${stopped}개를 멈췄어요.`
    return `${tier === 'blocked' ? '■' : '✓'} ${said}${here}${runs}`
  },
  standing({ about, tier, ground, grants }) {
    const lines = grants.map(
      (grant) => `› ${inScope(grant.scope)} ${called(grant.tier)} · <@${grant.by}> 님, ${moment(grant.at, 'R')}`,
    )
    return fitting(
      `<@${about.id}> 님은 여기에서 ${called(tier)}${tierEnding(tier, 'is')}. ${because(ground)}`,
      lines,
      (count) => `그 밖에 ${count}개`,
    )
  },
  grants({ seen: grants, hidden }) {
    const unseen = hidden === 0 ? '' : `\n볼 수 없는 곳에 ${hidden}개가 더 있어요.`
    if (grants.length === 0 && hidden === 0)
      return '아직 등급을 받은 사람이 없어요. `/permission set`으로 줄 수 있어요.'
    const lines = grants.map(
      (grant) =>
        `<@${grant.person}> · ${inScope(grant.scope)} ${called(grant.tier)} · <@${grant.by}> 님, ${moment(grant.at, 'R')}`,
    )
    return `${fitting('', lines, (count) => `그 밖에 ${count}개`)}${unseen}`.trimStart()
  },
  neverRefused: '최근에 거절된 일이 없어요. 여기에서 할 수 있는 일은 `/help`에서 볼 수 있어요.',
  notYours: '그곳에서 거절된 기록을 찾지 못했어요. 가장 최근 것은 `/why`로 볼 수 있어요.',
  explained({ past, verdict, owners }, say) {
    const { place, at, refusal } = past
    const where = place.kind === 'dm' ? 'DM에서' : `<#${place.id}>에서`
    if (refusal.code !== 'not-allowed' || verdict === null) {
      const more = isExplained(refusal) && refusal.code !== 'not-allowed' ? `\n${reasons[refusal.code]}` : ''
      return `${moment(at, 'R')} ${where}:\n> ${say.refusal(refusal)}${more}`
    }
    const { tier, ground } = verdict
    const deed = say.deed(refusal.action)
    const wanted = `${moment(at, 'R')} ${where} ${deed}이 거절됐어요.`
    if (verdict.allowed)
      return `${wanted} ✓ 지금은 ${called(tier)}${tierEnding(tier, 'because')} 할 수 있어요. 다시 해 보세요.`
    if (tier === 'blocked') {
      return `${wanted} 그곳에서는 차단되어 있어요. ${toYou(ground)} 잘못된 것 같으면 owner${named(owners)}에게 말씀해 주세요.`
    }
    return (
      `${wanted} ${onlyFor(verdict)} 할 수 있는데 지금은 ${onlyThere(verdict)}` +
      `${called(tier)}${tierEnding(tier, 'is')}. ${toYou(ground)} owner${named(owners)}가 \`/permission set\`으로 바꿀 수 있어요.`
    )
  },
  why(about, deed, where, verdict) {
    const { allowed, tier, ground, needs } = verdict
    const place = where.kind === 'dm' ? '이 DM에서' : `<#${where.id}>에서`
    const takes =
      needs === 'public'
        ? '등급이 필요 없고'
        : needs === 'owner'
          ? isTooNarrow(verdict)
            ? '모든 곳의 **owner**여야 하고'
            : '**owner**여야 하고'
          : `**${needs}** 이상이어야 하고`
    return (
      `${allowed ? '✓' : '■'} <@${about.id}> 님이 ${place} ${deed}: ${allowed ? '할 수 있어요' : '할 수 없어요'}. ` +
      `${takes}, 지금 등급은 ${onlyThere(verdict)}${called(tier)}${tierEnding(tier, 'is')}. ${because(ground)}`
    )
  },
}

const reasons: Readonly<Record<Exclude<ExplainedCode, 'not-allowed'>, string>> = {
  'queue-full':
    '아무도 너무 오래 기다리지 않도록 대기열 전체의 자리 수가 정해져 있어요. 운영자가 `OMC_MAX_QUEUED_SESSIONS`로 정해요.',
  'person-queue-full':
    '모두에게 차례가 돌아가도록 한 채널에서 한 사람이 쓸 수 있는 자리 수가 정해져 있어요. 운영자가 `OMC_PER_USER_MAX_QUEUED`로 정해요.',
  'approval-not-yours':
    '에이전트는 요청한 사람의 권한으로 일해요. 그래서 그 사람은 자신이 할 수 있는 일에만 답할 수 있고, owner는 모든 일에 답할 수 있어요.',
  'scope-too-wide':
    '한 스레드의 owner가 그 채널의 owner인 것은 아니고, 한 채널의 owner가 다른 채널의 owner인 것도 아니에요. 그곳까지 미치는 일은 그 모든 곳의 owner만 할 수 있어요.',
  'owner-by-configuration': 'Discord 안에서 운영자를 내보낼 수 없게 하기 위해서예요.',
  'steer-above':
    '진행 중인 작업에 덧붙인 말은 그 작업을 시작한 사람의 권한으로 실행돼요. 그래서 같은 권한이 있는 사람만 덧붙일 수 있어요.',
  'workdir-outside': '에이전트는 운영자가 `OMC_PROJECT_ROOTS`로 열어 둔 폴더에서만 작업해요.',
  'program-folder': '에이전트가 봇을 바꿀 수 있으면 스스로 모든 권한을 가질 수 있기 때문이에요.',
  'folder-too-wide': '그곳에 있는 것이 에이전트를 쓸 수 있는 모든 사람에게 열리기 때문이에요.',
}

function named({ user, role }: Owners): string {
  const names = [...(user === null ? [] : [`<@${user}> 님`]), ...(role === null ? [] : ['owner 역할이 있는 사람'])]
  return names.length === 0 ? '' : `(${names.join(', ')})`
}

function toYou(ground: Ground): string {
  if (ground.kind === 'none') return '그곳에 적용되는 등급을 받은 적이 없어요.'
  if (ground.kind !== 'grant') return '운영자 설정에 따른 것이에요.'
  const { by, at, scope } = ground.grant
  return `<@${by}> 님이 ${moment(at, 'R')} ${inScope(scope)} 그렇게 정했어요.`
}

function called(tier: Tier): string {
  return tier === 'public' ? '**public**(등급 없음)' : `**${tier}**`
}

function inScope(scope: Scope): string {
  if (scope.kind === 'global') return '모든 곳에서'
  return scope.kind === 'thread' ? `<#${scope.id}> 스레드에서` : `<#${scope.id}> 채널과 그 스레드에서`
}

function because(ground: Ground): string {
  switch (ground.kind) {
    case 'owner-user':
      return '운영자가 `OMC_OWNER_USER_ID`에 지정했어요.'
    case 'owner-role':
      return '운영자가 `OMC_OWNER_ROLE_ID`에 지정한 역할을 가지고 있어요.'
    case 'none':
      return '여기에 적용되는 등급을 받은 적이 없어요.'
    case 'grant': {
      const { scope, by, at } = ground.grant
      return `<@${by}> 님이 ${moment(at, 'R')} ${inScope(scope)} 준 등급이에요.`
    }
  }
}

/** Who may. */
function onlyFor(verdict: Verdict): string {
  if (verdict.needs !== 'owner') return `**${verdict.needs}** 이상만`
  return isTooNarrow(verdict) ? '모든 곳의 **owner**만' : '**owner**만'
}

function onlyThere(verdict: Verdict): string {
  return isTooNarrow(verdict) ? '그곳에서만 ' : ''
}
