import type { ServiceTrouble } from '../core/failure.ts'
import type { Hold } from '../core/quota.ts'
import type { AccountState } from '../core/account.ts'
import type { Held } from '../core/chat.ts'
import { moment } from '../core/durations.ts'
import { plain } from '../core/markdown.ts'

/** What is the matter with the model's service. */
export const servicesInEnglish: Readonly<Record<ServiceTrouble, string>> = {
  overloaded: "The model's service is overloaded",
  failing: "The model's service has trouble",
  unreachable: "The model's service cannot be reached",
  slower: "The model's service wants fewer requests",
}

/** What an account's windows are called, with their article where they need one. */
function windowInEnglish(name: string): string {
  const known: Readonly<Record<string, string>> = {
    five_hour: '5-hour window',
    seven_day: 'weekly window',
    seven_day_opus: 'weekly Opus window',
    seven_day_sonnet: 'weekly Sonnet window',
    seven_day_overage_included: 'weekly window, paid use included,',
    overage: 'paid extra use',
  }
  return known[name] ?? plain(name.replaceAll('_', ' '), 40)
}

/** `Claude's 5-hour window is full` */
function fullInEnglish({ runtime, window }: Pick<Hold, 'runtime' | 'window'>): string {
  return window === null
    ? `${nameOf(runtime)}'s limit is reached`
    : `${nameOf(runtime)}'s ${windowInEnglish(window)} is full`
}

/** A run that was stopped in the middle. */
export function parkedInEnglish(hold: Hold, held: Held | null): string {
  if (hold.service !== undefined)
    return `⏸ ${servicesInEnglish[hold.service]}. I go on by myself ${moment(hold.until, 'R')}`
  return `⏸ ${fullInEnglish(hold)}. I go on by myself at ${whenIn(hold)}${placeInEnglish(held)}`
}

/** One that has not begun. */
export function heldInEnglish(held: Held): string {
  return `${fullInEnglish(held.hold)}. This starts by itself at ${whenIn(held.hold)}${placeInEnglish(held)}`
}

/** A quota that is used up, where nothing is left to wait for: the run was to stop anyway. */
export function quotaFullInEnglish(until: number | null, because: string): string {
  const moments = until === null ? '' : ` until ${moment(until, 'f')} (${moment(until, 'R')})`
  return `The agent's account has used up its quota${moments}${because} Send your prompt again then.`
}

/** Nothing is served until a person acts. */
export function quotaEndedInEnglish(because: string): string {
  return (
    `The agent's account serves nothing more by itself${because} No waiting helps: an owner has to buy credits or ` +
    'change its plan. Then write again to go on from there.'
  )
}

/** The moment for everybody's own clock; with its day where it may be days away. */
export function whenIn({ until, window }: Pick<Hold, 'until' | 'window'>): string {
  return `${moment(until, window === null || window === 'five_hour' ? 't' : 'f')} (${moment(until, 'R')})`
}

/** One line: what is used up, else how much of each window is used. */
export function accountInEnglish(account: AccountState, now: number): string {
  const { runtime, account: name, windows, paid, rests, ended } = account
  const whose = name === 'default' ? nameOf(runtime) : `${nameOf(runtime)} (${plain(name, 40)})`
  if (ended !== null) return `⚠ **${whose}** serves nothing until somebody acts: ${plain(ended.detail, 200)}`
  const full = rests
    .filter(({ until }) => until > now)
    .map((rest) => `${rest.window === null ? 'limit' : windowInEnglish(rest.window)} is full until ${whenIn(rest)}`)
  if (full.length > 0) return `⏸ **${whose}** · ${full.join(' · ')}`
  const open = windows
    .filter(({ used, resetsAt }) => used !== null && (resetsAt === null || resetsAt > now))
    .map(({ name: window, used, resetsAt }) => {
      const anew = resetsAt === null ? '' : `, begins anew ${moment(resetsAt, 'R')}`
      return `${windowInEnglish(window)} ${Math.round((used ?? 0) * 100)} % used${anew}`
    })
  const more = paid ? ['paid use beyond it is on'] : []
  return `**${whose}** · ${[...(open.length === 0 ? ['nothing is known of its windows'] : open), ...more].join(' · ')}`
}

/** An agent's name as people say it: `Claude`, `Codex`. */
export function nameOf(runtime: string): string {
  return plain(runtime.slice(0, 1).toUpperCase() + runtime.slice(1), 40)
}

function placeInEnglish(held: Held | null): string {
  return held === null || held.of < 2 ? '' : `, ${ordinal(held.place)} of ${held.of}`
}

function ordinal(count: number): string {
  const teen = count % 100 > 10 && count % 100 < 14
  const ending = teen ? 'th' : (['th', 'st', 'nd', 'rd'][count % 10] ?? 'th')
  return `${count}${ending}`
}
