import type { ServiceTrouble } from '../core/failure.ts'
import type { Hold, MachineHold } from '../core/quota.ts'
import { restedByHand, restsAt, type AccountState } from '../core/account.ts'
import { never } from '../core/budget.ts'
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
  const [window = '', family] = name.split(':').toReversed()
  const own = known[window] ?? plain(window.replaceAll('_', ' '), 40)
  const those = family?.replaceAll('_', ' ')
  return those === undefined ? own : `${own} of ${plain(those, 40)}`
}

/** `Claude's 5-hour window` */
export function quotaInEnglish({ runtime, window }: Pick<Hold, 'runtime' | 'window'>): string {
  return `${nameOf(runtime)}'s ${window === null ? 'limit' : windowInEnglish(window)}`
}

/** `Claude's 5-hour window is full` */
function fullInEnglish(hold: Pick<Hold, 'runtime' | 'window'>): string {
  if (hold.window === restedByHand) return `${nameOf(hold.runtime)}'s account was set aside by an owner`
  return `${quotaInEnglish(hold)} is ${hold.window === null ? 'reached' : 'full'}`
}

/** A run that was stopped in the middle. */
export function parkedInEnglish(hold: Hold, held: Held | null): string {
  if (hold.machine !== undefined) return `⏸ ${awayInEnglish(hold.machine, 'I go on')}${placeInEnglish(held)}`
  if (hold.budget !== undefined)
    return `⏸ A budget is used up. An owner decides whether I go on${byItself(hold, '; otherwise I do so')}`
  if (hold.service !== undefined)
    return `⏸ ${hold.service === 'login' ? "The agent's login was not accepted" : servicesInEnglish[hold.service]}. I go on by myself ${moment(hold.until, 'R')}`
  if (hold.until === never)
    return `⏸ ${fullInEnglish(hold)}. I go on by myself when it serves again${placeInEnglish(held)}`
  return `⏸ ${fullInEnglish(hold)}. I go on by myself at ${whenIn(hold)}${placeInEnglish(held)}`
}

/** One that has not begun. */
export function heldInEnglish(held: Held): string {
  if (held.isBehind === true) return `Behind an earlier prompt of this session, ${stoppedInEnglish(held.hold)}`
  if (held.hold.machine !== undefined)
    return `${awayInEnglish(held.hold.machine, 'This starts')}${placeInEnglish(held)}`
  if (held.hold.budget !== undefined)
    return `A budget is used up. An owner decides whether this starts${byItself(held.hold, '; otherwise it does')}${placeInEnglish(held)}`
  if (held.hold.reserve !== undefined)
    return `What is left of ${quotaInEnglish(held.hold)} (about ${Math.round(held.hold.reserve.left * 100)} %) is kept for people who had less of it. This starts by itself at about ${whenIn(held.hold)}${placeInEnglish(held)}`
  if (held.hold.until === never)
    return `${fullInEnglish(held.hold)}. This starts by itself when it serves again${placeInEnglish(held)}`
  return `${fullInEnglish(held.hold)}. This starts by itself at ${whenIn(held.hold)}${placeInEnglish(held)}`
}

/** A prompt of somebody else, perhaps, that has stopped in the middle. */
function stoppedInEnglish(hold: Hold): string {
  if (hold.budget !== undefined)
    return `which has used up a budget in the middle. An owner decides whether it goes on${byItself(hold, '; otherwise it does')}`
  if (hold.service !== undefined)
    return `which waits in the middle: ${hold.service === 'login' ? "the agent's login was not accepted" : servicesInEnglish[hold.service].replace(/^T/, 't')}. It goes on by itself ${moment(hold.until, 'R')}`
  return `which waits in the middle: ${fullInEnglish(hold)}. It goes on by itself${hold.until === never ? ' when it serves again' : ` at ${whenIn(hold)}`}`
}

/** Why nothing begins on a session's machine. `then`: what comes of it by itself. */
function awayInEnglish({ id, why }: MachineHold, then: string): string {
  if (id === null) return 'No agent works on the machine of this session any more. `/session stop`, and begin a new one'
  const name = `The machine ${plain(id, 40)}`
  return why === 'gone'
    ? `${name} does not answer. ${then} by itself when it is back`
    : `${name} takes nothing new. ${then} when an owner uses \`/worker resume\``
}

/** A day's or a month's budget begins anew; a run's does not. */
function byItself({ until }: Hold, words: string): string {
  return until === never ? '' : `${words} ${moment(until, 'R')}`
}

/** A quota that is used up, where nothing is left to wait for: the run was to stop anyway. */
export function quotaFullInEnglish(until: number | null, because: string): string {
  const moments = until === null ? '' : ` until ${moment(until, 'f')} (${moment(until, 'R')})`
  return `The agent's account has used up its quota${moments}${because} Send your prompt again then.`
}

/** Nothing is served until a person acts. */
export function quotaEndedInEnglish(because: string): string {
  return (
    `The agent's account has nothing left to use${because} Waiting does not help: an owner has to buy credits or ` +
    'change its plan. Then write again to go on from there.'
  )
}

/** The moment for everybody's own clock; with its day where it may be days away. */
export function whenIn({ until, window }: Pick<Hold, 'until' | 'window'>): string {
  return `${moment(until, window === null || window === 'five_hour' ? 't' : 'f')} (${moment(until, 'R')})`
}

/** One line: what is used up, else how much of each window is used. */
export function accountInEnglish(account: AccountState, now: number): string {
  const { runtime, account: name, windows, paid, ended } = account
  const whose = name === 'default' ? nameOf(runtime) : `${nameOf(runtime)} (${plain(name, 40)})`
  if (ended !== null) return `⚠ **${whose}** is out of service until somebody acts: ${plain(ended.detail, 200)}`
  const full = restsAt(account, now).map((rest) => restInEnglish(rest))
  if (full.length > 0) return `⏸ **${whose}** · ${full.join(' · ')}`
  const open = windows
    .filter(({ used, resetsAt }) => used !== null && (resetsAt === null || resetsAt > now))
    .map(({ name: window, used, resetsAt }) => {
      const anew = resetsAt === null ? '' : `, resets ${moment(resetsAt, 'R')}`
      return `${windowInEnglish(window)} ${Math.round((used ?? 0) * 100)} % used${anew}`
    })
  const more = paid ? ['paid overage is on'] : []
  return `**${whose}** · ${[...(open.length === 0 ? ['no usage known yet'] : open), ...more].join(' · ')}`
}

function restInEnglish({ window, until }: Pick<Hold, 'window' | 'until'>): string {
  const end = until === never ? 'until an owner ends that' : `until ${whenIn({ until, window })}`
  if (window === restedByHand) return `set aside ${end}`
  return `${window === null ? 'limit' : windowInEnglish(window)} is full ${end}`
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
