/** Lines that we write to the CLI, beside prompts: requests of ours, and answers to requests of its. */

export function requestLine(id: string, what: object): string {
  return JSON.stringify({ type: 'control_request', request_id: id, request: what })
}

export function answerLine(id: string, response: object): string {
  return JSON.stringify({ type: 'control_response', response: { subtype: 'success', request_id: id, response } })
}

/** The answer to a permission that nobody is asked for: a no, with its reason. */
export function refusalLine(id: string, reason: string): string {
  return answerLine(id, { behavior: 'deny', message: reason })
}

/** The answer to a request that nobody here understands: unanswered, the turn would stand still until it is given up. */
export function errorLine(id: string, subtype: string): string {
  const error = `The bot does not answer ${subtype === '' ? 'a request without a kind' : subtype}.`
  return JSON.stringify({ type: 'control_response', response: { subtype: 'error', request_id: id, error } })
}

/** The id of our request to take a prompt or a word out of the CLI's queue. */
export function withdrawalOf(uuid: string): string {
  return `withdraw:${uuid}`
}
