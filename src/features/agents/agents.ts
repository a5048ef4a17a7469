import type { Doors } from '../../core/doors.ts'
import { formOf } from '../../core/form.ts'
import { feature, type Feature } from '../../core/feature.ts'
import { harmless } from '../../core/harmless.ts'
import { isLive } from '../../core/lifecycle.ts'
import type { Person } from '../../core/person.ts'
import { namedAs, type Session } from '../../core/session.ts'
import { refuses, says, textIn, type ToolAnswer, type ToolUse } from '../../core/tool.ts'
import { attachFile } from './attach.ts'
import { answerHuman, askHuman } from './question.ts'
import { en, ko } from './words.ts'

/** What stands in one message beside the line that says whose it is. */
const updateLimit = 1_500

type AgentDoors = Pick<
  Doors,
  'gate' | 'journal' | 'vault' | 'runtimes' | 'ask' | 'keep' | 'workspaces' | 'attachments' | 'health' | 'scan'
>

/** What every agent may know and say: who else works here, and a word to its people in between (SPEC F8). */
export function agents(doors: AgentDoors): Feature {
  const { gate, journal, vault, runtimes } = doors

  /** What the person an agent works for cannot see does not exist for it either. */
  async function seenBy(speaker: Person): Promise<readonly Session[]> {
    const sessions = await vault.liveSessions()
    const seen = await Promise.all(sessions.map(({ place }) => gate.sees(speaker, place)))
    return sessions.filter((_session, at) => seen[at])
  }

  function titleOf({ runtime }: Session): string {
    return runtimes.get(runtime)?.title ?? runtime
  }

  async function listSessions({ run, session }: ToolUse): Promise<ToolAnswer> {
    const open = await journal.open()
    const lines = (await seenBy(run.prompt.speaker)).map((each) => {
      const runs = open.filter((other) => other.session === each.id)
      const state = runs.some((other) => isLive(other.state)) ? 'at work' : 'idle'
      const waiting = runs.filter((other) => other.state === 'waiting').length
      const you = each.id === session.id ? ' (this is you)' : ''
      return `${each.name}${you}: ${titleOf(each)}, ${state}${waiting === 0 ? '' : `, ${waiting} waiting`}, in ${each.place.kind} ${each.place.id}`
    })
    return says(lines.length === 0 ? 'There are no sessions.' : lines.join('\n'))
  }

  async function whois(use: ToolUse): Promise<ToolAnswer> {
    const { run, session } = use
    const { speaker } = run.prompt
    const name = textIn(use, 'name').trim()
    if (name === '' || name === session.name) {
      const chain = `You work for ${oneLine(speaker.name)}, who is ${(await gate.speakerOf(run.prompt, session)).tier} here.`
      return says(`You are the agent of the session ${session.name} (${titleOf(session)}). ${chain}`)
    }
    const found = namedAs(await seenBy(speaker), name)
    if (found === null) return refuses(`there is no session called ${JSON.stringify(name)}; list_sessions names them.`)
    const model = found.model === null ? '' : `, model ${found.model}`
    return says(
      `${found.name} is a session with ${titleOf(found)}${model}, in ${found.place.kind} ${found.place.id}. It works in its own folder.`,
    )
  }

  /** Its name stands before it and every line is marked, so that nobody takes it for a person's or the bot's word. */
  async function postUpdate(use: ToolUse): Promise<ToolAnswer> {
    const { call, run, session } = use
    const lines = harmless(textIn(use, 'text')).split('\n')
    const say = { en, ko }[run.prompt.speaker.locale]
    const text = [say.update(session.name), ...lines.map((line) => `> ${line}`)].join('\n')
    const note = { key: `update:${run.run}:${call.id}`, place: run.prompt.place, text, replyTo: null, mention: null }
    return { text: 'Posted.', failed: false, effects: [{ kind: 'note', note }] }
  }

  return feature({
    name: 'agents',
    rights: { 'agent.look': 'guest', 'agent.post': 'guest', 'agent.ask': 'guest', 'agent.answer': 'guest' },
    words: { en, ko },
    commands: {},
    buttons: {
      pick: {
        right: 'agent.answer',
        answer: 'in-place',
        act: (press, say) => answerHuman(press, say, doors),
      },
      other: {
        right: 'agent.answer',
        answer: 'in-place',
        form: async (_press, say) => formOf(say.form, true),
        act: (press, say) => answerHuman(press, say, doors),
      },
    },
    tools: [
      {
        name: 'whois',
        description:
          'Says who an agent session is: its agent, its model, where it is. Without a name: who you are, and for whom you work.',
        fields: {
          name: { type: 'text', description: 'Name of a session; left out: you', required: false, longest: 100 },
        },
        looksOnly: true,
        right: 'agent.look',
        run: whois,
      },
      {
        name: 'list_sessions',
        description:
          'Lists the sessions of other agents that you could work with, each with its agent, whether it is at work, and where it is. Only what the person you work for can see.',
        fields: {},
        looksOnly: true,
        right: 'agent.look',
        run: listSessions,
      },
      {
        name: 'post_update',
        description:
          'Posts a short word into the place where people follow your work, at once, while you go on: a milestone, a finding. It is shown as yours. Your final answer is shown anyway and needs no update.',
        fields: {
          text: { type: 'text', description: 'Discord markdown', required: true, longest: updateLimit },
        },
        looksOnly: false,
        right: 'agent.post',
        run: postUpdate,
      },
      {
        name: 'attach_file',
        description:
          'Shows a file of your working folder in the place where people follow your work: text, a picture or a PDF. It is shown as yours. Files that hold secrets are refused.',
        fields: {
          path: {
            type: 'text',
            description: 'Path of the file, in your working folder',
            required: true,
            longest: 1_000,
          },
          text: { type: 'text', description: 'What it shows, in a few words', required: false, longest: 1_000 },
        },
        looksOnly: false,
        right: 'agent.post',
        run: (use) => attachFile(use, doors),
      },
      {
        name: 'ask_human',
        description:
          'Puts a question to the people who follow your work, with buttons for the options you name. The answer comes later as a message of its own: end your turn when you have nothing else to do. Ask only what you cannot find out yourself.',
        fields: {
          question: { type: 'text', description: 'Your question', required: true, longest: 1_200 },
          options: { type: 'texts', description: 'A few short answers to choose from', required: false, longest: 70 },
        },
        looksOnly: false,
        right: 'agent.ask',
        run: askHuman,
      },
    ],
  })
}

function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim() || 'somebody'
}
