import type { Ground, Scope } from '../core/policy.ts'
import type { ActionName, Tier } from '../core/right.ts'
import type { RightsPhrases } from '../core/rights-phrases.ts'
import { moment } from '../core/durations.ts'
import { fitting } from '../core/fitting.ts'

/** Tiers and grants in Korean. `deed` says what an action is. */
export function koreanRights(deed: (action: ActionName) => string): RightsPhrases {
  return {
    changed({ about, scope, tier, now, stopped }) {
      const said =
        tier === null
          ? `이제 <@${about.id}> 님에게 ${inScope(scope)} 따로 준 등급이 없어요.`
          : `<@${about.id}> 님은 이제 ${inScope(scope)} ${called(tier)}예요.`
      const here =
        now === tier
          ? ''
          : ` 여기에서 적용되는 등급은 ${called(now)}예요. 이유는 \`/permission show\`에서 볼 수 있어요.`
      const runs = stopped === 0 ? '' : ` 진행 중이던 작업 ${stopped}개를 멈췄어요.`
      return `${tier === 'blocked' ? '■' : '✓'} ${said}${here}${runs}`
    },
    standing({ about, tier, ground, grants }) {
      const lines = grants.map(
        (grant) => `› ${inScope(grant.scope)} ${called(grant.tier)} · <@${grant.by}> 님, ${moment(grant.at, 'R')}`,
      )
      return fitting(
        `<@${about.id}> 님은 여기에서 ${called(tier)}예요. ${because(ground)}`,
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
    why(about, action, where, { allowed, tier, ground, needs }) {
      const place = where.kind === 'dm' ? '이 DM에서' : `<#${where.id}>에서`
      const takes =
        needs === 'public'
          ? '등급이 필요 없고'
          : needs === 'owner'
            ? '**owner**여야 하고'
            : `**${needs}** 이상이어야 하고`
      return (
        `${allowed ? '✓' : '■'} <@${about.id}> 님이 ${place} ${deed(action)}: ${allowed ? '할 수 있어요' : '할 수 없어요'}. ` +
        `${takes}, 지금 등급은 ${called(tier)}예요. ${because(ground)}`
      )
    },
  }
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
