import type { Ground, Scope } from '../../core/policy.ts'
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
      description: '할 수 있는지, 왜 그런지 알려 줘요',
      options: { action: '무엇을', user: '누가. 비워 두면 나', place: '어디에서. 비워 두면 여기' },
    },
  },
  deeds: {
    why: '권한의 이유를 묻는 것',
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
  grants(grants) {
    if (grants.length === 0) return '아직 등급을 받은 사람이 없어요. `/permission set`으로 줄 수 있어요.'
    const lines = grants.map(
      (grant) =>
        `<@${grant.person}> · ${inScope(grant.scope)} ${called(grant.tier)} · <@${grant.by}> 님, ${moment(grant.at, 'R')}`,
    )
    return fitting('', lines, (count) => `그 밖에 ${count}개`)
  },
  why(about, deed, where, { allowed, tier, ground, needs }) {
    const place = where.kind === 'dm' ? '이 DM에서' : `<#${where.id}>에서`
    const takes =
      needs === 'public'
        ? '등급이 필요 없고'
        : needs === 'owner'
          ? '**owner**여야 하고'
          : `**${needs}** 이상이어야 하고`
    return (
      `${allowed ? '✓' : '■'} <@${about.id}> 님이 ${place} ${deed}: ${allowed ? '할 수 있어요' : '할 수 없어요'}. ` +
      `${takes}, 지금 등급은 ${called(tier)}${tierEnding(tier, 'is')}. ${because(ground)}`
    )
  },
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
