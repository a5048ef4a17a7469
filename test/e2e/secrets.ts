import assert from 'node:assert/strict'
import { plantedSecret, type Stage } from './stage.ts'

/** Variables that say whose a process is; everything else that begins like this is the bot's own. */
const markers = ['OMC_DATA', 'OMC_RUNTIME', 'OMC_SPOOL']

/** Fails when a text (what stands in Discord, what reached a model) shows anything of the bot's. */
export function assertNothingOfTheBot(stage: Stage, text: string): void {
  assert.ok(!text.includes(plantedSecret), 'the planted secret is shown')
  assert.ok(!text.includes(stage.sandbox.bot.token), "the bot's token is shown")
  const variables = text.match(/\b(?:OMC|DISCORD|DATABASE)_[A-Z_]+(?==)/g) ?? []
  const own = [...new Set(variables)].filter((name) => !markers.includes(name))
  assert.deepEqual(own, [], "the bot's own variables are shown")
}
