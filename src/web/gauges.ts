import { Counter, Gauge, type Registry } from 'prom-client'
import type { Health, ProcessHealth } from '../core/health.ts'

/** How the process is at the moment; set at each look. */
export function processGauges(registry: Registry): (now: ProcessHealth) => void {
  const gauge = gaugesIn(registry)
  const serves = gauge('up', '1: it can do its part')
  const working = gauge('runs_at_work', 'Runs at work')
  const processes = gauge('agent_processes', "Agents' processes that are alive")
  const store = gauge('store_ok', '1: what comes in is kept')
  const disk = gauge('disk_free_bytes', 'Free where the data lies')
  const boxed = gauge('boxed', '1: agents live in boxes')
  return (now) => {
    serves.set(now.ok ? 1 : 0)
    working.set(now.activeRuns)
    processes.set(now.cliProcessCount)
    store.set(now.store.ok ? 1 : 0)
    disk.set(now.disk.freeBytes ?? Number.NaN)
    boxed.set(now.box.boxed ? 1 : 0)
  }
}

/** How the whole bot is at the moment. */
export function botGauges(registry: Registry): (now: Health) => void {
  const registers = [registry]
  const gauge = gaugesIn(registry)
  const connected = gauge('gateway_connected', '1: connected to Discord')
  const ping = gauge('gateway_ping_seconds', "The gateway's last heartbeat")
  const sessions = gauge('sessions', 'Live sessions')
  const waiting = gauge('runs_waiting', 'Runs that wait for their turn')
  const oldest = gauge('oldest_waiting_seconds', 'How long the first of them has waited')
  const closed = gauge('closed_messages', 'Messages that their place does not take now')
  const starts = gauge('restarts', 'Starts on this data folder before this one')
  const refused = new Counter({
    name: 'omc_auth_failures_total',
    help: 'Runs whose login was not taken',
    registers,
  })
  const left = gauge('login_remaining_seconds', "Until the end of Claude's login")
  const findings = new Gauge({
    name: 'omc_findings',
    help: 'What the parts have found to be not as it should be',
    labelNames: ['level'],
    registers,
  })
  const machines = new Gauge({
    name: 'omc_machines',
    help: 'Machines beside the bot, by how they are',
    labelNames: ['state'],
    registers,
  })
  return (now) => {
    connected.set(now.gateway.state === 'ready' ? 1 : 0)
    ping.set((now.gateway.ping ?? 0) / 1000)
    sessions.set(now.activeSessions)
    waiting.set(now.queuedCount)
    oldest.set(now.oldestQueuedAgeMs / 1000)
    closed.set(now.closedMessages)
    starts.set(now.restartCount)
    refused.reset()
    refused.inc(now.tokenStatus.authFailuresTotal)
    left.set((now.tokenStatus.remainingMin ?? Number.NaN) * 60)
    for (const level of ['warning', 'error'] as const)
      findings.set({ level }, now.findings.filter((each) => each.level === level).length)
    for (const state of ['here', 'draining', 'away'] as const)
      machines.set({ state }, now.machines.filter((each) => each.state === state).length)
  }
}

function gaugesIn(registry: Registry): (name: string, help: string) => Gauge {
  return (name, help) => new Gauge({ name: `omc_${name}`, help, registers: [registry] })
}
