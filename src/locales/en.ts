import { grantorIn } from '../core/consent.ts'
import { branchLeft } from './branches-en.ts'
import { approvalsInEnglish } from './approvals-en.ts'
import type { LinePlace } from '../core/chat.ts'
import type { Refusal } from '../core/failure.ts'
import type { State } from '../core/lifecycle.ts'
import type { Session } from '../core/session.ts'
import type { Phrases } from '../core/phrases.ts'
import type { ActionName, Tier } from '../core/right.ts'
import { boardText } from './board-lines.ts'
import { bytes, exact } from '../core/figures.ts'
import { code, plain } from '../core/markdown.ts'
import { counted } from '../core/plural.ts'
import { folder, folders } from '../core/paths.ts'
import { englishInbox } from './inbox-en.ts'
import { messagesInEnglish } from './messages-en.ts'
import { refuseSession } from './session-refusals-en.ts'
import { accountInEnglish, heldInEnglish, parkedInEnglish } from './quota-en.ts'
import { forgottenInEnglish, lasting, noticeInEnglish, troubleInEnglish } from './troubles-en.ts'
import { overLine, toolLine, workingLine, type RunWords } from './run-line.ts'

const states: Readonly<Record<State, string>> = {
  new: 'New',
  waiting: 'Waiting',
  starting: 'Starting',
  running: 'Working',
  asking: 'Asking',
  parked: 'Parked',
  stopping: 'Stopping',
  over: 'Done',
}

/** English. `home` is the folder that paths are shown relative to; null: shown whole. `deed` says what an action is. */
export function english(home: string | null, deed: (action: ActionName) => string): Phrases {
  const words: RunWords = {
    state: states,
    steps: (count) => counted(count, 'step'),
    tokens: (count) => `${count} tokens`,
    stopped: (by, after) => `${by === null ? 'Stopped' : `Stopped by @${plain(by, 60)}`} after ${after}`,
    takenBack: (by) => `Taken back${by === null ? '' : ` by @${plain(by, 60)}`} before it began.`,
    stays: 'What it had done stays.',
    trouble: troubleInEnglish,
    refusal: (refusal) => refuse(refusal, home, deed),
  }
  return {
    locale: 'en',
    refusal: (refusal) => refuse(refusal, home, deed),
    trouble: troubleInEnglish,
    states,
    whereabouts: (session) => whereabouts(session, home),
    forgotten: (why) => forgottenInEnglish[why],
    notice: noticeInEnglish,
    parked: (hold, line) => parkedInEnglish(hold, line?.held ?? null),
    account: accountInEnglish,
    waiting: (line) => (line.held === null ? `● Waiting · ${stands(line)}` : `⏸ ${stands(line)}`),
    working: (view, now) => workingLine(view, now, words),
    over: (view) => overLine(view, words),
    step: (tool, title, failed) => `› ${toolLine(tool, title, 120)}${failed ? ' ⚠ failed' : ''}`,
    moreSteps: (count) => `and ${count} more`,
    restInFile: (file) => `The rest is in ${code(file)}.`,
    wasAway: (ms, messages) =>
      `I was away for ${lasting(ms)}. ${counted(messages, 'message')} came in meanwhile, working on ` +
      `${messages === 1 ? 'it' : 'them'} now.`,
    notForYou: () =>
      'You may not ask an agent here, so I left your message alone. An owner can change that with `/permission set`.',
    board: (lines, guild) =>
      boardText(lines, guild, {
        title: '**Board** · what runs, waits and asks in this channel',
        nothing: '✓ Nothing runs or waits here.',
        state: states,
        show: 'Show',
        more: (count) => `and ${count} more`,
      }),
    channelNotice: ({ listen, includeBystanders }) =>
      includeBystanders
        ? 'What is written in this channel may reach the agent: the operator has switched that on. ' +
          `${listen === 'all' ? 'Every message asks it' : 'It is asked by mentioning me or replying to me'}. ` +
          'To say something among yourselves, use another channel or a thread.'
        : {
            mention: 'In this channel I only read messages that mention me or reply to me.',
            starter:
              'In this channel I only read messages that mention me or reply to me, and those of the person who ' +
              'started the session.',
            all: 'In this channel I read every message, but for replies to somebody else.',
          }[listen] + ' Everything else stays between you.',
    noSessionHere: () => 'There is no session here yet. `/session start` begins one.',
    branchLeft: (session, worktree, left) => branchLeft(session, worktree, left, home),
    internalError: () =>
      'That failed on my side; the log says why. Try it again, and tell the operator if it stays so.',
    approvals: approvalsInEnglish(home),
    deed,
    stands,
    messages: messagesInEnglish,
    inbox: englishInbox,
    buttons: { stop: 'Stop', steer: 'Steer', withdraw: 'Withdraw' },
  }
}

function stands({ place, expectedMs, atWork, cap, held }: LinePlace): string {
  if (held !== null) return heldInEnglish(held)
  const expected = expectedMs === null ? '' : ` · about ${lasting(expectedMs)}`
  const own =
    atWork === 0 ? '' : ` · your ${atWork} of ${counted(cap, 'run')} here ${atWork === 1 ? 'is' : 'are'} at work`
  return `place ${place}${expected}${own}`
}

/** How a no begins: what the person is here, and who may. */
const standings = {
  blocked: 'You are blocked here.',
  public: 'You have no tier here.',
  guest: 'You are a guest here.',
  member: 'You are a member here.',
  owner: 'You are an owner here.',
  need: (tier: Tier) =>
    tier === 'owner' ? 'Only owners' : tier === 'public' ? 'Everybody' : `Only ${tier}s and above`,
}

const verdicts = { approve: 'it is approved', deny: 'it is denied', reply: 'it is answered' } as const

/** Why an approval needs no answer any more. */
const overs: Readonly<Record<Extract<Refusal, { code: 'approval-over' }>['why'], string>> = {
  withdrawn: 'The agent took this back, so it needs no answer any more. Write to it if you want it to go on.',
  stopped: 'The run was stopped, so this needs no answer any more. Write again to go on.',
  ended: 'The run is over, so this needs no answer any more. Write again to go on.',
  lost: 'The agent was lost before this was answered. Try its next question: it asks again if it needs to.',
  unknown: 'I do not know this question any more. Ask the agent again.',
}

function refuse(refusal: Refusal, home: string | null, deed: (action: ActionName) => string): string {
  switch (refusal.code) {
    case 'not-allowed':
      return `${standings[refusal.tier]} ${standings.need(refusal.needs)} may ${deed(refusal.action)} here. ${
        refusal.tier === 'blocked'
          ? 'Ask an owner if that is a mistake.'
          : 'An owner can change that with `/permission set`.'
      }`
    case 'no-session':
      return 'There is no session here. `/session start` begins one.'
    case 'session-exists':
      return `${refusal.name === null ? 'A session' : `**${plain(refusal.name)}**`} is open here already. Write to it, or end it with \`/session stop\` first.`
    case 'name-taken':
      return `Another session is called **${plain(refusal.name)}**. Choose another name; \`/session list\` shows those in use.`
    case 'name-invalid':
      return (
        `${code(refusal.name, 60) || 'An empty name'} cannot name a session. Use letters, digits, \`-\` and \`_\`, ` +
        'at most 32, beginning with a letter or a digit: `shop-2`.'
      )
    case 'workdir-outside':
      return (
        `${folder(refusal.path, home)} is not under a folder I may work in. Choose one under ` +
        `${folders(refusal.roots, home, (count) => `and ${count} more`)}, ` +
        'or ask the operator to add it to `OMC_PROJECT_ROOTS`.'
      )
    case 'workdir-missing':
      return `There is no folder ${folder(refusal.path, home)}. Check how it is written; \`workdir\` suggests what is there.`
    case 'runtime-unknown':
      return `I know no agent ${code(refusal.runtime, 60)}. Choose ${list(refusal.known)}.`
    case 'runtime-unavailable':
      return (
        `${code(refusal.runtime, 60)} cannot work on this machine now: ${plain(refusal.detail, 500)}\n` +
        'Choose another agent, or ask the operator.'
      )
    case 'queue-full':
      return (
        `The queue is full: ${refusal.waiting} prompts wait, ${refusal.cap} may. ` +
        'Try again in a few minutes, or `/cancel` one that waits.'
      )
    case 'person-queue-full':
      return (
        `You already have ${counted(refusal.active, 'run')} at work and ${refusal.waiting} waiting in this channel; ` +
        `${refusal.cap} may wait. Wait for one, or \`/cancel\` one.`
      )
    case 'nothing-to-stop':
      return 'Nothing runs or waits here. `/session list` shows what is at work elsewhere.'
    case 'prompt-empty':
      return 'That message has no text I could pass on. Write in words what you want.'
    case 'prompt-too-long':
      return (
        `That message has ${exact(refusal.length)} characters, and ${exact(refusal.limit)} are the limit. ` +
        'Send it in parts, or put it into a file in the working folder.'
      )
    case 'skill-unknown':
      return refusal.known.length === 0
        ? `There is no skill ${code(refusal.skill, 70)} here. Write one as \`skills/<name>.md\` in the working folder.`
        : `There is no skill ${code(refusal.skill, 70)} here. Choose ${list(refusal.known)}.`
    case 'attachments-many':
      return `That message has ${refusal.count} files, and ${refusal.limit} are the limit. Send it again with fewer.`
    case 'attachment-large':
      return (
        `${code(refusal.name, 100)} is larger than ${bytes(refusal.limit)}, so I did not ask the agent. ` +
        'Send it again with a smaller file, or put it into the working folder.'
      )
    case 'attachment-unsuitable':
      return (
        `${code(refusal.name, 100)} is nothing that an agent can read, so I did not ask it. ` +
        'Send it again with pictures (PNG, JPEG, GIF, WebP), PDF, text or ZIP only.'
      )
    case 'attachment-unread':
      return (
        `${code(refusal.name, 100)} could not be fetched from Discord, so I did not ask the agent. ` +
        'Send the message with its file again.'
      )
    case 'attachment-not-kept':
      return (
        `${code(refusal.name, 100)} could not be kept on this machine, so I did not ask the agent. ` +
        'Send it again later, and tell the operator: the disk may be full.'
      )
    case 'place-unsupported':
      return 'That does not work in this place. Use a text channel or a thread of the server.'
    case 'draining':
      return 'I am about to restart, so I took nothing in. Send it again in a minute.'
    case 'worktree-failed':
    case 'folder-taken':
    case 'program-folder':
    case 'folder-too-wide':
    case 'no-repository':
    case 'git-failed':
    case 'session-busy':
    case 'nothing-to-resume':
    case 'session-unknown':
    case 'attached-ended':
    case 'nothing-to-export':
      return refuseSession(refusal, home)
    case 'option-missing':
      return `The option ${code(refusal.option, 60)} is missing. Run the command again and fill it in.`
    case 'approval-not-yours':
      return refusal.speaker === null
        ? 'Only owners may answer this. Ask one of them to look at it.'
        : `Only @${plain(refusal.speaker, 60)} and owners may answer this. Ask one of them to look at it.`
    case 'approval-answered':
      return refusal.by === null
        ? 'Nobody answered in time, so the answer was no. Ask the agent again if it is still needed.'
        : `@${plain(grantorIn(refusal.by) ?? refusal.by, 60)} was faster: ${verdicts[refusal.verdict]}. ` +
            'Write to the agent if it should be otherwise.'
    case 'approval-over':
      return overs[refusal.why]
    case 'answer-missing':
      return `${refusal.question === '' ? 'An answer' : `An answer to “${plain(refusal.question, 200)}”`} is still missing. Choose one, then press Send.`
    case 'owner-by-configuration':
      return (
        `The operator's configuration makes <@${refusal.person}> an owner, and no tier given here changes that. ` +
        'Ask the operator to change `OMC_OWNER_ROLE_ID` or `OMC_OWNER_USER_ID`.'
      )
    case 'scope-too-wide':
      return (
        `You are an owner here, but not ${refusal.scope === 'global' ? 'everywhere' : 'in the whole channel'}. ` +
        'Choose a narrower `scope`, or ask somebody who is.'
      )
    case 'action-unknown':
      return `I know no action ${code(refusal.action, 60)}. Choose one of those that \`/why\` suggests.`
    case 'expired':
      return `It waited for ${lasting(refusal.waitedMs)}, longer than a prompt may, so I took it out of the queue. Send it again.`
    case 'steer-above':
      return (
        `What runs here acts with the rights of ${refusal.needs === 'owner' ? 'an owner' : `a ${refusal.needs}`}, and you are a ${refusal.tier} here, so you cannot steer it. ` +
        'Write a message instead: it waits for its turn and runs with your own rights.'
      )
  }
}

function list(names: readonly string[]): string {
  return (
    names
      .slice(0, 10)
      .map((name) => code(name, 60))
      .join(', ') || 'another one'
  )
}

/** Where a session works: `~/projects/shop` on `omc/shop`. */
function whereabouts({ workdir, worktree }: Session, home: string | null): string {
  if (worktree === null) return folder(workdir, home)
  const inside = workdir.slice(worktree.folder.length)
  return `${folder(worktree.repository + inside, home)} on ${code(worktree.branch, 80)}`
}
