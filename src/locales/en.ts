import { grantorIn } from '../core/consent.ts'
import { branchHeld, branchLeft, branchOver, obeyedChanged } from './branches-en.ts'
import { approvalsInEnglish } from './approvals-en.ts'
import type { LinePlace } from '../core/chat.ts'
import type { Refusal } from '../core/failure.ts'
import type { State } from '../core/lifecycle.ts'
import type { Session } from '../core/session.ts'
import type { Phrases } from '../core/phrases.ts'
import type { ActionName, Tier } from '../core/right.ts'
import { boardText } from './board-lines.ts'
import { bytes, exact } from '../core/figures.ts'
import { jump } from '../core/jump.ts'
import { code, plain } from '../core/markdown.ts'
import { counted } from '../core/plural.ts'
import { folder, folders } from '../core/paths.ts'
import { englishInbox } from './inbox-en.ts'
import { messagesInEnglish } from './messages-en.ts'
import { refuseSession } from './session-refusals-en.ts'
import { quotaInEnglish, accountInEnglish, heldInEnglish, parkedInEnglish } from './quota-en.ts'
import { toolName } from './tool-names.ts'
import { forgottenInEnglish, lasting, noticeInEnglish, troubleInEnglish } from './troubles-en.ts'
import { overLine, stepLine, workingLine, type RunWords } from './run-line.ts'

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
    tool: (name) => toolName(name, 'en'),
    failed: 'failed',
    steps: (count) => counted(count, 'step'),
    tokens: (count) => `${count} tokens`,
    stopped: (by, after) => `${by === null ? 'Stopped' : `Stopped by @${plain(by, 60)}`} after ${after}`,
    takenBack: (by) => `Taken back${by === null ? '' : ` by @${plain(by, 60)}`} before it began.`,
    stays: 'What it had done stays: `/diff`.',
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
    quota: quotaInEnglish,
    parked: (hold, line) => parkedInEnglish(hold, line?.held ?? null),
    account: accountInEnglish,
    waiting: (line) => (line.held === null && !line.frozen ? `● Waiting · ${stands(line)}` : `⏸ ${stands(line)}`),
    working: (view, now) => workingLine(view, now, words),
    over: (view) => overLine(view, words),
    step: (tool, title, failed) => stepLine(tool, title, failed, words),
    moreSteps: (count) => `and ${count} more`,
    restInFile: (file) => `The rest is in ${code(file)}.`,
    wasAway: (ms, messages) =>
      `I was away for ${lasting(ms)}. ${counted(messages, 'message')} came in meanwhile, working on ` +
      `${messages === 1 ? 'it' : 'them'} now.`,
    leftAlone: (place, message, tier) => {
      const why =
        tier === 'blocked'
          ? 'you are blocked there. Ask an owner if that is a mistake.'
          : 'you may not ask an agent there. An owner can change that with `/permission set`.'
      return `I left your message in <#${place.id}> alone: ${why} ${jump(place, message, 'Go there')}`
    },
    leftAloneForAll: () => 'I left this message alone. `/why` tells its author the reason, and nobody else.',
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
          `${listen === 'all' ? 'Every message is a prompt' : 'To ask it, mention me or reply to me'}. ` +
          'To say something among yourselves, use another channel or a thread.'
        : {
            mention: 'In this channel I only read messages that mention me or reply to me.',
            starter:
              'In this channel I only read messages that mention me or reply to me, and those of the person who ' +
              'started the session.',
            all: 'In this channel I read every message, except replies to somebody else.',
          }[listen] + ' Everything else stays between you.',
    noSessionHere: () => 'There is no session here yet. `/session start` begins one.',
    machineAway: (machine) =>
      `⚠ The machine ${plain(machine, 40)}, on which I work here, does not answer. Nothing is lost: I go on when it is back. ` +
      '`/workers` shows it.',
    machineDropped: (session, machine, by) =>
      `■ **${plain(session, 40)}** has ended: ${plain(by, 40)} gave up the machine ${plain(machine, 40)}, on which it worked. What it did is there alone. ` +
      '`/session start` begins another one here.',
    branchLeft: (session, worktree, left) => branchLeft(session, worktree, left, home),
    branchHeld,
    branchOver,
    obeyedChanged: (session, found) => obeyedChanged(session, found, home),
    internalError: () =>
      'That failed on my side; the log says why. Try again, and tell the operator if it keeps failing.',
    approvals: approvalsInEnglish(home),
    deed,
    stands,
    messages: messagesInEnglish,
    inbox: englishInbox,
    buttons: {
      stop: 'Stop',
      steer: 'Steer',
      takeOver: 'Let it in',
      withdraw: 'Withdraw',
      why: 'Why?',
      previous: '‹ Previous',
      next: 'Next ›',
    },
  }
}

function stands({ place, expectedMs, atWork, cap, held, frozen }: LinePlace): string {
  if (frozen) return `everything stands still · place ${place} is kept`
  if (held !== null) return heldInEnglish(held)
  const expected = expectedMs === null ? '' : ` · about ${lasting(expectedMs)}`
  const own =
    atWork === 0 ? '' : ` · your ${atWork} of ${counted(cap, 'run')} here ${atWork === 1 ? 'is' : 'are'} at work`
  return `place ${place}${expected}${own}`
}

/** How a no begins: what the person is here. */
const standings: Readonly<Record<Exclude<Tier, 'blocked'>, string>> = {
  public: 'You have no tier here.',
  guest: 'You are a guest here.',
  member: 'You are a member here.',
  owner: 'You are an owner here.',
}

const verdicts = { approve: 'it is approved', deny: 'it is denied', reply: 'it is answered' } as const

/** Why an approval needs no answer any more. */
const overs: Readonly<Record<Extract<Refusal, { code: 'approval-over' }>['why'], string>> = {
  withdrawn: 'The agent took this back, so it needs no answer any more. Write to it if you want it to go on.',
  stopped: 'The run was stopped, so this needs no answer any more. Write again to go on.',
  ended: 'The run is over, so this needs no answer any more. Write again to go on.',
  lost: "The agent's process ended before this was answered. It asks again if it still needs to; write to it if it does not.",
  unknown: 'I do not know this question any more. Ask the agent again.',
}

function refuse(refusal: Refusal, home: string | null, deed: (action: ActionName) => string): string {
  switch (refusal.code) {
    case 'not-allowed':
      return notAllowed(refusal, deed(refusal.action))
    case 'no-session':
      return 'There is no session here. `/session start` begins one.'
    case 'session-exists':
      return `${refusal.name === null ? 'A session' : `**${plain(refusal.name)}**`} is open here already. Write to it, or end it with \`/session stop\` first.`
    case 'name-taken':
      return `Another session is called **${plain(refusal.name)}**. Choose another name; \`/session list\` shows those in use.`
    case 'name-invalid':
      return (
        `${code(refusal.name, 60) || 'An empty name'} is not a valid session name. Use letters, digits, \`-\` and \`_\`, ` +
        'at most 32, beginning with a letter or a digit: `shop-2`.'
      )
    case 'model-invalid':
      return `${code(refusal.model, 60) || 'An empty name'} is not a model name. Write it as the agent knows it, in one word: \`opus\`.`
    case 'workdir-outside':
      return (
        `${folder(refusal.path, home)} is not under a folder I may work in. Choose one under ` +
        `${folders(refusal.roots, home, (count) => `and ${count} more`)}, ` +
        'or ask the operator to add it to `OMC_PROJECT_ROOTS`.'
      )
    case 'workdir-missing':
      return `There is no folder ${folder(refusal.path, home)}. Check how it is written; \`workdir\` suggests what is there.`
    case 'runtime-unknown':
      return `There is no agent called ${code(refusal.runtime, 60)}. Choose ${list(refusal.known)}.`
    case 'account-unknown':
      return `This agent has no account ${code(refusal.account, 60)}. Choose ${list(refusal.known)}.`
    case 'machine-unknown':
      return refusal.known.length === 0
        ? `There is no machine ${code(refusal.machine, 60)}: agents work on the bot's own alone. Try again without \`worker\`.`
        : `There is no machine ${code(refusal.machine, 60)}. Choose ${list(refusal.known)}.`
    case 'machine-away':
      return (
        `The machine ${code(refusal.machine, 60)} does not answer. Nothing was changed. Try again when it is back: ` +
        '`/workers` shows it.'
      )
    case 'machine-draining':
      return `The machine ${code(refusal.machine, 60)} takes nothing new now. Choose another one: \`/workers\` shows them.`
    case 'machine-none':
      return (
        `No machine that is there takes sessions with ${code(refusal.runtime, 60)} now. \`/workers\` shows them; ` +
        'ask the operator, or choose another agent.'
      )
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
    case 'not-waiting':
      return 'That prompt no longer waits: it has begun, or is over. `/session list` shows what is at work.'
    case 'prompt-empty':
      return 'That message has no text for the agent. Write what you want in words.'
    case 'prompt-too-long':
      return (
        `That message has ${exact(refusal.length)} characters; the limit is ${exact(refusal.limit)}. ` +
        'Send it in parts, or attach it as a file.'
      )
    case 'skill-unknown':
      return refusal.known.length === 0
        ? `There is no skill ${code(refusal.skill, 70)} here. Write one as \`skills/<name>.md\` in the working folder.`
        : `There is no skill ${code(refusal.skill, 70)} here. Choose ${list(refusal.known)}.`
    case 'attachments-many':
      return `That message has ${refusal.count} files; the limit is ${refusal.limit}. Send it again with fewer.`
    case 'attachment-large':
      return (
        `${code(refusal.name, 100)} is larger than ${bytes(refusal.limit)}, so I did not ask the agent. ` +
        'Send it again with a smaller file, or put it into the working folder.'
      )
    case 'attachment-unsuitable':
      return (
        `${code(refusal.name, 100)} is not a kind of file that agents can read, so I did not ask the agent. ` +
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
    case 'person-is-app':
      return `**${plain(refusal.name, 60)}** is an app. I never listen to apps, so this is for people only. Choose a person.`
    case 'approval-not-yours':
      return refusal.speaker === null
        ? 'Only owners may answer this. Ask one of them to look at it.'
        : `Only @${plain(refusal.speaker, 60)} and owners may answer this. Ask one of them to look at it.`
    case 'approval-answered':
      return refusal.by === null
        ? 'Nobody answered in time, so the answer was no. Ask the agent again if it is still needed.'
        : `@${plain(grantorIn(refusal.by) ?? refusal.by, 60)} was faster: ${verdicts[refusal.verdict]}. ` +
            'Write to the agent if it should be otherwise.'
    case 'approvals-not-all-yours':
      return (
        `${refusal.count} of these ${refusal.of} are not yours to answer, so nothing was decided. ` +
        'Choose the others one by one, or ask an owner.'
      )
    case 'approval-changed':
      return `${list(refusal.files)} changed after you were asked, so nothing is approved yet. Check it, then press again.`
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
        'Ask somebody who is, or choose a narrower `scope` where the command has one.'
      )
    case 'action-unknown':
      return `There is no action called ${code(refusal.action, 60)}. Choose one of those that \`/why\` suggests.`
    case 'expired':
      return `It waited for ${lasting(refusal.waitedMs)}, longer than a prompt may, so I took it out of the queue. Send it again.`
    case 'steer-above':
      return (
        `What runs here acts with the rights of ${refusal.needs === 'owner' ? 'an owner' : `a ${refusal.needs}`}, and you are a ${refusal.tier} here, so you cannot steer it. ` +
        'Write a message instead: it waits for its turn and runs with your own rights.'
      )
  }
}

function notAllowed({ tier, needs }: Extract<Refusal, { code: 'not-allowed' }>, deed: string): string {
  // Even what takes no tier is closed to the blocked.
  if (tier === 'blocked') return `You are blocked here, so you cannot ${deed}. Ask an owner if that is a mistake.`
  const said = `${standings[tier]} ${needs === 'owner' ? 'Only owners' : `Only ${needs}s and above`} may ${deed} here.`
  return `${said} An owner can change that with \`/permission set\`.`
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
function whereabouts({ workdir, worktree, worker }: Session, home: string | null): string {
  const machine = worker === null ? '' : `, machine ${code(worker, 40)}`
  if (worktree === null) return `${folder(workdir, home)}${machine}`
  const inside = workdir.slice(worktree.folder.length)
  return `${folder(worktree.repository + inside, home)} on ${code(worktree.branch, 80)}${machine}`
}
