import { join, resolve } from 'node:path'
import type { Config } from '../../config/config.ts'
import { loadConfig } from '../../config/load.ts'
import { variables } from '../../config/schema.ts'
import { messageOf, Problem } from '../../core/failure.ts'
import { agentFindings, doctor, lineOf } from '../doctor.ts'
import { installService, serviceKinds } from '../service/service.ts'
import { askForToken, whereItWorks } from './discord.ts'
import { stepsOf, type SetupOptions, type SetupStep } from './step.ts'
import { makeFolder } from '../../system/make-folder.ts'

/**
 * Asks for what the bot needs, tries it out and writes it into `.env`. What stands there already is offered again. Gives
 * the exit code of `doctor`, which looks at the whole at the end.
 * @throws {Problem} `refused`: an answer is wrong or missing; the sentence says which, and what to do.
 */
export async function setup(options: SetupOptions): Promise<number> {
  const step = stepsOf(options)
  const { flags, say } = options
  step.keep(settingsIn(flags.set ?? []))
  const who = await askForToken(step)
  await whereItWorks(step, who)
  await roots(step)
  const config = configOf(options)
  await agents(step, config)
  say('')
  const code = await doctor({ configure: () => config, environment: options.environment, json: false, say })
  say(`Written to ${join(options.folder, '.env')}.`)
  await keepRunning(options, config, code)
  return code
}

/** What the bot would run with now. */
function configOf({ environment, folder, home }: SetupOptions): Config {
  return loadConfig({ env: environment, folder, home })
}

function settingsIn(set: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    set.map((each) => {
      const [, name = '', value = ''] = /^([A-Z_]+)=(.*)$/s.exec(each) ?? []
      if (Object.hasOwn(variables, name)) return [name, value]
      throw new Problem('refused', `--set ${each.split('=')[0]}: .env.example lists what can be set, as NAME=value.`)
    }),
  )
}

async function roots(step: SetupStep): Promise<void> {
  const { interviewer, flags, folder, home } = step
  const text = 'Under which folders may agents work (several with commas)?'
  const usual = step.known('OMC_PROJECT_ROOTS') ?? '~/projects'
  const answer = flags.roots ?? (await interviewer.write({ text, flag: '--roots', usual }))
  const paths = answer.split(',').map((each) => each.trim().replace(/^~(?=\/|$)/, home))
  if (paths.some((each) => each === ''))
    throw new Problem('refused', `${text} "${answer}" names none. Say it with --roots.`)
  for (const path of paths) {
    try {
      makeFolder(resolve(folder, path), 0o777)
    } catch (cause) {
      throw new Problem('refused', `The folder ${path} cannot be made: ${messageOf(cause)}. Name another one.`, {
        cause,
      })
    }
  }
  step.keep({ OMC_PROJECT_ROOTS: answer })
}

/** Offers to have the machine keep it running, once nothing is in the way. */
async function keepRunning(options: SetupOptions, config: Config, code: number): Promise<void> {
  const { environment, flags, folder, interviewer, say } = options
  const none = { value: 'none', label: 'Nothing: I start it myself' }
  const kinds = serviceKinds.filter(({ needsRoot }) => !needsRoot || process.getuid?.() === 0)
  const answers = [none, ...kinds.map(({ name, about }) => ({ value: name, label: about }))]
  const question = { text: 'What keeps it running?', flag: '--service', usual: none.value }
  if (flags.service === undefined && code !== 0) return
  const kind = flags.service ?? (await interviewer.choose(question, answers))
  if (kind !== none.value) return installService({ config, environment, folder, kind, say })
  say(
    'Start it with `discord-orchestrator start` (`npm start` in a checkout), or have it kept running: `service install`.',
  )
}

/** Says which agents can work, and waits while a person installs one or logs it in. */
async function agents({ interviewer, environment, say }: SetupStep, config: Config): Promise<void> {
  while (interviewer.isThere) {
    const odd = (await agentFindings(config, environment)).filter(({ id, level }) => level !== 'ok' && id !== 'box')
    if (odd.length === 0) return
    for (const finding of odd) say(lineOf(finding))
    const again = await interviewer.choose({ text: 'One agent that works is enough.', flag: '--yes', usual: 'on' }, [
      { value: 'again', label: 'I have done what it says: look again' },
      { value: 'on', label: 'Go on' },
    ])
    if (again === 'on') return
  }
}
