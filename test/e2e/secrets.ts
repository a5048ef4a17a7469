import assert from 'node:assert/strict'
import { plantedSecret, type Stage } from './stage.ts'

/** Variables that say whose a process is; everything else that begins like this is the bot's own. */
const markers = ['OMC_DATA', 'OMC_RUNTIME', 'OMC_SPOOL']

/** Fails when a text (what stands in Discord, what reached a model) shows anything of the bot's. */
export function assertNothingOfTheBot(stage: Stage, text: string): void {
  // What is shown was looked through for secrets. The journal has what the agent really said.
  const said = stage.query<{ json: string }>('select json from run_events').map(({ json }) => json)
  for (const each of [text, ...said]) {
    assert.ok(!each.includes(plantedSecret), 'the planted secret is shown')
    assert.ok(!each.includes(stage.sandbox.bot.token), "the bot's token is shown")
  }
  const variables = text.match(/\b(?:OMC|DISCORD|DATABASE)_[A-Z_]+(?==)/g) ?? []
  const own = [...new Set(variables)].filter((name) => !markers.includes(name))
  assert.deepEqual(own, [], "the bot's own variables are shown")
}
