import type { Locale } from '../core/person.ts'

/** What people call the tools of agents, by the names that the CLIs and the bot give them: English, Korean. */
const names: Readonly<Record<string, readonly [string, string]>> = {
  Agent: ['Sub-agent', '보조 에이전트'],
  AskUserQuestion: ['Question', '질문'],
  Bash: ['Bash', '명령'],
  Edit: ['Edit', '수정'],
  EnterPlanMode: ['Starts a plan', '계획 시작'],
  ExitPlanMode: ['Plan', '계획'],
  Glob: ['Find files', '파일 찾기'],
  Grep: ['Search', '검색'],
  Image: ['Image', '이미지'],
  ListMcpResourcesTool: ['List resources', '자료 목록'],
  MCP: ['Server tool', '서버 도구'],
  MultiEdit: ['Edit', '수정'],
  NotebookEdit: ['Edit notebook', '노트북 수정'],
  Patch: ['Edit', '수정'],
  Question: ['Question', '질문'],
  Read: ['Read', '읽기'],
  ReadMcpResourceTool: ['Read resource', '자료 읽기'],
  ReportFindings: ['Findings', '발견한 것'],
  SandboxNetworkAccess: ['Network', '네트워크'],
  Search: ['Search the web', '웹 검색'],
  Shell: ['Shell', '명령'],
  Skill: ['Skill', '스킬'],
  Task: ['Sub-agent', '보조 에이전트'],
  TaskCreate: ['New task', '새 작업'],
  TaskGet: ['Look at a task', '작업 보기'],
  TaskList: ['Tasks', '작업 목록'],
  TaskOutput: ['Read a task', '작업 결과 읽기'],
  TaskStop: ['Stop a task', '작업 멈춤'],
  TaskUpdate: ['Update a task', '작업 갱신'],
  TodoWrite: ['To-do list', '할 일'],
  Tool: ['Tool', '도구'],
  WebFetch: ['Open page', '페이지 열기'],
  WebSearch: ['Search the web', '웹 검색'],
  Write: ['Write', '쓰기'],
  ask_human: ['Question', '질문'],
  attach_file: ['Attach file', '파일 첨부'],
  broadcast: ['Tell all sessions', '모든 세션에 알림'],
  consult: ['Ask another agent', '다른 에이전트에게 질문'],
  delegate: ['Hand over work', '작업 넘김'],
  list_sessions: ['Sessions', '세션 목록'],
  network: ['Network', '네트워크'],
  post_update: ['Update', '진행 알림'],
  reply: ['Reply', '답장'],
  scratchpad_get: ['Read notes', '메모 읽기'],
  scratchpad_set: ['Write notes', '메모 쓰기'],
  whois: ['Who is who', '에이전트 확인'],
}

/** A tool in people's words. One of a server is named with it; one that nobody knows is shown as it is called. */
export function toolName(tool: string, locale: Locale): string {
  const [, server, name] = /^mcp__(.+?)__(.+)$/.exec(tool) ?? []
  if (server !== undefined) return `${server}: ${name}`
  const known = Object.hasOwn(names, tool) ? names[tool] : undefined
  return known?.[locale === 'ko' ? 1 : 0] ?? tool
}
