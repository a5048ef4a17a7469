import type { Asked, Request, Result, SkillWish } from '../core/desk.ts'
import type { RunId } from '../core/ids.ts'
import type { Person } from '../core/person.ts'
import type { Place } from '../core/place.ts'
import type { Verdict } from '../core/policy.ts'
import { promptOfSkill, type Skills } from '../core/skill.ts'
import type { Vault } from '../core/vault.ts'
import { sessionFor } from './seats.ts'

export interface SkillTools {
  readonly vault: Vault
  readonly skills: Skills
  readonly judge: (person: Person, action: 'skill', place: Place) => Promise<Verdict>
  readonly ask: (request: Request) => Promise<Asked>
}

/** So many are offered at once. */
const offered = 25

/** Asks a session's agent what a skill says. The prompt's key is the interaction, so a replayed one asks nothing. */
export async function runSkill(
  by: Person,
  place: Place,
  wish: SkillWish,
  { vault, skills, judge, ask }: SkillTools,
): Promise<Result<RunId>> {
  const verdict = await judge(by, 'skill', place)
  if (!verdict.allowed) return { ok: false, refusal: verdict.refusal }
  const session = await sessionFor(vault, place)
  if (session === null) return { ok: false, refusal: { code: 'no-session' } }
  const text = await skills.read(session, wish.skill)
  if (text === null) {
    return { ok: false, refusal: { code: 'skill-unknown', skill: wish.skill, known: await skills.list(session) } }
  }
  const prompt = promptOfSkill(text, wish.wanted)
  const asked = await ask({ key: wish.key, place, speaker: by, text: prompt, message: null })
  return asked.kind === 'refused' ? { ok: false, refusal: asked.refusal } : { ok: true, value: asked.run }
}

/** The skills of a place's session whose names hold what was typed, those that begin with it first. */
export async function suggestSkills(
  by: Person,
  place: Place,
  typed: string,
  { vault, skills, judge }: Omit<SkillTools, 'ask'>,
): Promise<readonly string[]> {
  if (!(await judge(by, 'skill', place)).allowed) return []
  const session = await sessionFor(vault, place)
  if (session === null) return []
  const wanted = typed.trim().toLowerCase()
  const names = (await skills.list(session)).filter((name) => name.toLowerCase().includes(wanted))
  const first = names.filter((name) => name.toLowerCase().startsWith(wanted))
  return [...first, ...names.filter((name) => !first.includes(name))].slice(0, offered)
}
