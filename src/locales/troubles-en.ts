import type { CliNotice } from '../core/event.ts'
import { moment, roughly } from '../core/durations.ts'
import type { Trouble } from '../core/failure.ts'
import { code, plain } from '../core/markdown.ts'
import { counted } from '../core/plural.ts'
import { reaches } from '../core/right.ts'
import { quotaEndedInEnglish, quotaFullInEnglish, servicesInEnglish } from './quota-en.ts'

/** Why a run ended without its answer, and what to do now. */
export function troubleInEnglish(trouble: Trouble): string {
  switch (trouble.code) {
    case 'start-failed':
      return `The agent could not start${because(trouble.detail)} Write again to retry; the operator finds more in the log.`
    case 'beyond-roots':
      return (
        `Nothing was started: ${code(trouble.folder, 200)} is not in a folder that may be worked in on this session's machine. ` +
        'The operator adds it to OMC_PROJECT_ROOTS there, or `/session start` begins a new session elsewhere.'
      )
    case 'process-died':
      return (
        `The agent's process ended unexpectedly${because(trouble.detail)} ` +
        'What it had done stays. Write again to go on from there.'
      )
    case 'machine-dropped':
      return (
        `An owner gave up the machine ${plain(trouble.machine, 40)}, on which this session worked. What it had done there is there ` +
        'alone. `/session start` begins a new session on another machine.'
      )
    case 'auth-failed':
      return (
        `The agent's login was not accepted${because(trouble.detail)} ` +
        "The operator has to log in again on the bot's machine; then send your prompt again."
      )
    case 'rate-limited':
      return trouble.until === null
        ? `The agent's account has reached its limit${because(trouble.detail)} Send your prompt again later.`
        : `The agent's account has reached its limit until ${moment(trouble.until, 't')} ` +
            `(${moment(trouble.until, 'R')}). Send your prompt again then.`
    case 'quota-full':
      return quotaFullInEnglish(trouble.until, because(trouble.detail))
    case 'quota-ended':
      return quotaEndedInEnglish(because(trouble.detail))
    case 'model-failed':
      return (
        `The model gave no answer${trouble.status === null ? '' : ` (status ${trouble.status})`}` +
        `${because(trouble.detail)} Send your prompt again; if it keeps failing, tell the operator.`
      )
    case 'service-busy':
      return (
        `${servicesInEnglish[trouble.why]}, and trying again for a while did not help${because(trouble.detail)} ` +
        'What it had done stays. Use `/resume` later to go on.'
      )
    case 'context-full':
      return (
        `This prompt with its files is more than the model can take at once${because(trouble.detail)} ` +
        'Send less at once, or put it into files in the working folder.'
      )
    case 'too-large':
      return `A file or picture here is more than the model takes${because(trouble.detail)} Send it again smaller, or put it into the working folder.`
    case 'model-declined':
      return `The model will not answer this${because(trouble.detail)} Rephrase it, or choose another model with \`/model\`.`
    case 'model-unknown':
      return `The agent's account has no such model${because(trouble.detail)} Choose another with \`/model\`, then send your prompt again.`
    case 'turn-limit':
      return `The agent stopped at a limit of its own${because(trouble.detail)} What it had done stays. Use \`/resume\` to go on.`
    case 'conversation-gone':
      return (
        'The agent no longer has its earlier conversation; the files are untouched. ' +
        'Begin anew with `/session stop` and `/session start`.'
      )
    case 'silent':
      return (
        `The agent showed no activity for ${lasting(trouble.seconds * 1000)}, so I stopped it. ` +
        'What it had done stays. Write again to go on.'
      )
    case 'flooded':
      return 'The agent wrote more than I can handle, so I stopped it. Ask for less at once, or for the result in a file.'
    case 'rights-changed':
      return (
        `Your tier was **${trouble.was}** when you asked and is **${trouble.now}** now, so I did not start it. ` +
        (reaches(trouble.now, 'guest')
          ? 'Send it again to ask with your rights as they are now.'
          : 'Ask an owner if that is a mistake.')
      )
    case 'lost-too-often':
      return (
        `The agent's process was lost ${trouble.times} times over this, so I gave up. ` +
        'What it had done stays. Ask again in smaller steps, and tell the operator.'
      )
  }
}

/** The CLI's own word in code marks, closing the sentence. */
function because(detail: string): string {
  const said = code(detail, 300)
  return said === '' ? '.' : `: ${said}.`
}

/** What a CLI says of itself, in one line of the card. */
export function noticeInEnglish(notice: CliNotice): string {
  switch (notice.kind) {
    case 'retrying':
      return `⏸ ${servicesInEnglish[notice.why]}; the agent tries again.`
    case 'compacting':
      return 'The conversation has grown long: the agent is summarizing it.'
    case 'compacted':
      return 'The agent summarized its conversation, which had grown long.'
    case 'model-changed':
      return `The agent goes on with ${code(notice.to, 60)} instead of ${code(notice.from, 60)}.`
  }
}

/** Why a new conversation was begun, in one line of the card. */
export const forgottenInEnglish: Readonly<Record<'lost' | 'full', string>> = {
  lost: 'The agent had lost its earlier conversation, so it began a new one with a short summary.',
  full: 'The conversation was longer than the model takes, so the agent began a new one with a short summary.',
}

/** A span of time as people say it. */
export function lasting(ms: number): string {
  const { count, unit } = roughly(ms)
  return unit === 'seconds' ? counted(count, 'second') : unit === 'minutes' ? `${count} min` : counted(count, 'hour')
}
